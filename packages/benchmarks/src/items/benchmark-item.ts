import type { TextSource } from '@memtrain/agent';

/** A text that is opened when its turn comes, so that a benchmark of any size needs memory only for the texts that are being read. */
export interface ItemText {
  /** Length in UTF-16 units, for estimates of the cost. */
  readonly characters: number;
  open(): Promise<TextSource> | TextSource;
}

/** How the gold answers are meant: any one is right; all must be named; or one list for each of several questions. */
export type GoldAnswers =
  | { readonly kind: 'any'; readonly answers: readonly string[] }
  | { readonly kind: 'all'; readonly answers: readonly string[] }
  | { readonly kind: 'each'; readonly answers: readonly (readonly string[])[] };

/** One question of a benchmark. */
export interface BenchmarkItem {
  /** Its own within the benchmark. */
  readonly id: string;
  readonly question: string;
  readonly gold: GoldAnswers;
  /** What it is reported with: a length, a task, a question type. */
  readonly group: string;
  /** What the question is asked about; absent where it must be searched for. */
  readonly text?: ItemText;
  /** The passages that hold the answer, for the oracle control; opened as the text is. */
  readonly evidence?: () => Promise<readonly string[]> | readonly string[];
}

/** A file that a benchmark was read from. */
export interface DataFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Questions, ready to be asked. */
export interface Benchmark {
  readonly name: string;
  /** Metric that its authors report. */
  readonly headline: MetricName;
  readonly files: readonly DataFile[];
  /** SHA-256 over the files' hashes: what a result depends on. */
  readonly corpusHash: string;
  readonly items: readonly BenchmarkItem[];
}

/** Every metric that can stand in a results table; each lies in [0, 1] but `mem1`, which counts right answers of an item. */
export type MetricName = 'boxed-strict' | 'em' | 'sub-em' | 'sub-em-two-way' | 'f1' | 'string-match' | 'all-correct' | 'mem1';
