import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { buildCorpus, writePassageTexts } from '@memtrain/corpus';
import type { BuildCorpusOptions, BuildCorpusProgress, BuildCorpusResult } from '@memtrain/corpus';
import { huggingFaceTokenizer, loadTokenizer } from '@memtrain/policy';
import { MemtrainError } from '../errors.ts';
import type { ProgressTask } from '../progress/progress.ts';
import { requireFile } from '../run/read-file.ts';
import type { CommandContext } from './context.ts';
import type { CorpusBuildOptions } from './corpus-build.ts';
import { retrieverOf } from './corpus-retriever.ts';

/** Does what `memtrain corpus build` was asked for. */
export async function runCorpusBuild(options: CorpusBuildOptions, context: CommandContext): Promise<void> {
  const { dump = [], jsonl = [], parquet = [], arrow = [], folder = [] } = options;
  if (dump.length + jsonl.length + parquet.length + arrow.length + folder.length === 0) {
    throw new MemtrainError('usage', 'nothing to read: give --dump, --jsonl, --parquet, --arrow or --folder');
  }
  for (const [kind, paths] of Object.entries({ dump, 'JSON Lines': jsonl, parquet })) {
    for (const path of paths) if (path !== '-') requireFile(path, kind);
  }
  const {
    field,
    tokenizer,
    retrieve: _r,
    embeddings: _e,
    embeddingsModel: _m,
    embeddingsKeyEnv: _k,
    hybrid: _h,
    lance: _l,
    texts,
    ...build
  } = options;
  if (texts !== undefined && options.entities !== 'default')
    throw new MemtrainError('usage', '--texts comes before --entities: write the texts, find their entities, then build with --entities');
  const retriever = retrieverOf(options, context);
  const bars = stageBars(context);
  const all: BuildCorpusOptions = {
    ...build,
    ...(field && { fields: field }),
    ...(tokenizer !== undefined && (await tokenizerOf(tokenizer))),
    ...(retriever && { retriever }),
    signal: context.signal,
    onProgress: bars.update,
  };
  if (texts !== undefined) {
    const { passages } = await writePassageTexts(texts, all).finally(bars.finish);
    context.print(`${passages} texts written: ${texts}`);
    context.print('find their entities, then run the same command with --entities import:FILE in place of --texts');
    return;
  }
  const result = await buildCorpus(all).finally(bars.finish);
  for (const line of corpusLines(result)) context.print(line);
}

/** The file for the fast counter, and the general tokenizer that it is compared with. */
async function tokenizerOf(path: string): Promise<Pick<BuildCorpusOptions, 'tokenizerFile' | 'tokenizer'>> {
  if (!existsSync(path)) throw new MemtrainError('no-file', `no tokenizer at ${path}: give a tokenizer.json or its folder`);
  const isFolder = statSync(path).isDirectory();
  if (isFolder) return { tokenizerFile: path, tokenizer: await loadTokenizer(path) };
  const folder = dirname(path);
  if (basename(path) === 'tokenizer.json' && existsSync(join(folder, 'tokenizer_config.json')))
    return { tokenizerFile: path, tokenizer: await loadTokenizer(folder) };
  try {
    const tokenizer = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    // Counting asks for no end token: any will do.
    return { tokenizerFile: path, tokenizer: huggingFaceTokenizer({ tokenizer, generationConfig: { eos_token_id: 0 } }) };
  } catch (cause) {
    throw new MemtrainError('bad-file', `${path} is no tokenizer.json (${(cause as Error).message}): give that of a model`, { cause });
  }
}

/** One progress task a stage. */
function stageBars({ progress }: CommandContext): { update: (now: BuildCorpusProgress) => void; finish: () => void } {
  let stage: BuildCorpusProgress['stage'] | undefined;
  let task: ProgressTask | undefined;
  let started = { at: 0, done: 0 };
  const kibibytes = (bytes: number): number => Math.ceil(bytes / 1024);
  const doneOf = (now: BuildCorpusProgress): number =>
    now.stage === 'read' ? kibibytes(now.bytesRead) : now.stage === 'index' ? now.passages : now.documents;
  const begin = (now: BuildCorpusProgress): ProgressTask => {
    started = { at: performance.now(), done: doneOf(now) };
    if (now.stage === 'read') return progress.task('reading (KiB)', kibibytes(now.bytesTotal) || undefined, started.done);
    if (now.stage === 'index') return progress.task('indexing passages', undefined);
    return progress.task('masking documents', now.documentsTotal, started.done);
  };
  return {
    update: (now) => {
      if (now.stage !== stage) {
        task?.finish();
        task = begin(now);
        stage = now.stage;
      }
      const done = doneOf(now);
      const rate = (1000 * (done - started.done)) / Math.max(1, performance.now() - started.at);
      const pace = `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)}/s`;
      if (now.stage === 'read')
        task!.update(done, `${pace}, ${now.pages} pages, ${now.passages} passages`, kibibytes(now.bytesTotal) || undefined);
      else task!.update(done, pace);
    },
    finish: () => task?.finish(),
  };
}

function corpusLines({ manifest, files, samples }: BuildCorpusResult): string[] {
  const { counts, kinds, tokens, unknownTemplates } = manifest;
  const unknown = Object.entries(unknownTemplates).slice(0, 5);
  return [
    `${counts.pages} pages, ${counts.articles} articles, ${counts.passages} passages, ${counts.documents} documents, ${counts.rejected} bad records`,
    `masked entities: ${Object.entries(kinds)
      .map(([kind, count]) => `${kind} ${count} (${Math.round((100 * count) / counts.documents)} %)`)
      .join(', ')}`,
    `tokens a document: ${Math.round(tokens.mean)} on average (${tokens.min} to ${tokens.max})`,
    `related passages from the pivot's own article: ${Math.round(100 * manifest.sameArticle)} %`,
    ...(unknown.length > 0
      ? [`templates left out without being known: ${unknown.map(([name, times]) => `${name} ${times}`).join(', ')}`]
      : []),
    ...samples.flatMap(({ id, answer, kind, occurrences, beginning }) => [
      '',
      `document ${id}: [MASK] = ${answer} (${kind}, ${occurrences} times)`,
      `  ${beginning.slice(0, 240).replace(/\s+/g, ' ')} ...`,
    ]),
    '',
    `written: ${files.documents}`,
  ];
}
