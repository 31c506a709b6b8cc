/** A file of a data set on the Hugging Face Hub. */
export interface CatalogFile {
  readonly repository: string;
  readonly revision: string;
  readonly path: string;
  /** Its name in the local folder. */
  readonly name: string;
  /** Pinned here where known; else what the Hub announces is checked. */
  readonly bytes?: number;
  readonly sha256?: string;
}

/** The data of a benchmark. */
export interface CatalogEntry {
  readonly files: readonly CatalogFile[];
  /** Terms that the data comes under, as its page says. */
  readonly note: string;
}

const memAgent = 'BytedTsinghua-SIA/hotpotqa';
/** The revision that others pin. */
const memAgentRevision = '27275ff4fee67ac0acb6478e405e7ac07efbdc1a';

const flashRag = (set: string, split: string): CatalogEntry => ({
  files: [{ repository: 'RUC-NLPIR/FlashRAG_datasets', revision: 'main', path: `${set}/${split}.jsonl`, name: `${set}-${split}.jsonl` }],
  note: 'gathered by FlashRAG; each set keeps its own licence',
});

const hotpotFile = (documents: number): CatalogFile => {
  const path = `eval_${documents}.json`;
  return { repository: memAgent, revision: memAgentRevision, path, name: path };
};

const splits = ['Accurate_Retrieval', 'Test_Time_Learning', 'Long_Range_Understanding', 'Conflict_Resolution'];

/** What `memtrain data get` can fetch, by the name of the benchmark (the longest files of RULER-HotpotQA apart). */
export const catalog: Readonly<Record<string, CatalogEntry>> = {
  'ruler-hotpotqa': {
    files: [50, 100, 200, 400, 800, 1600, 3200, 6400].map(hotpotFile),
    note: 'HotpotQA, CC BY-SA 4.0; about 1 GB',
  },
  'ruler-hotpotqa-long': { files: [12800, 25600].map(hotpotFile), note: 'document numbers: needs hotpot_dev_distractor_v1.json too' },
  nq: flashRag('nq', 'test'),
  triviaqa: flashRag('triviaqa', 'test'),
  popqa: flashRag('popqa', 'test'),
  hotpotqa: flashRag('hotpotqa', 'dev'),
  '2wikimultihopqa': flashRag('2wikimultihopqa', 'dev'),
  musique: flashRag('musique', 'dev'),
  bamboogle: flashRag('bamboogle', 'test'),
  longmemeval: {
    files: ['longmemeval_s_cleaned.json', 'longmemeval_m_cleaned.json', 'longmemeval_oracle.json'].map((path) => ({
      repository: 'xiaowu0162/longmemeval-cleaned',
      revision: 'main',
      path,
      name: path,
    })),
    note: 'MIT; the M file is several GB: name the files that you want',
  },
  'memory-agent-bench': {
    files: splits.map((split) => ({
      repository: 'ai-hyz/MemoryAgentBench',
      revision: 'main',
      path: `data/${split}-00000-of-00001.parquet`,
      name: `${split}.parquet`,
    })),
    note: 'MIT',
  },
};

/** Where a file is fetched from: `ENDPOINT/datasets/REPOSITORY/resolve/REVISION/PATH`. */
export function hubUrl(endpoint: string, { repository, revision, path }: CatalogFile): string {
  return `${endpoint.replace(/\/+$/, '')}/datasets/${repository}/resolve/${encodeURIComponent(revision)}/${path}`;
}
