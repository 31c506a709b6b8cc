import { buildCorpus } from '@memtrain/corpus';
import type { BuildCorpusProgress, BuildCorpusResult } from '@memtrain/corpus';
import { loadTokenizer } from '@memtrain/policy';
import type { ProgressTask } from '../progress/progress.ts';
import { requireFile } from '../run/read-file.ts';
import type { CommandContext } from './context.ts';
import type { CorpusBuildOptions } from './corpus-build.ts';

/** Does what `memtrain corpus build` was asked for. */
export async function runCorpusBuild(options: CorpusBuildOptions, context: CommandContext): Promise<void> {
  requireFile(options.dump, 'dump');
  const { tokenizer: folder, ...build } = options;
  const tokenizer = folder === undefined ? undefined : await loadTokenizer(folder);
  const bars = stageBars(context);
  const result = await buildCorpus({ ...build, ...(tokenizer && { tokenizer }), signal: context.signal, onProgress: bars.update }).finally(
    bars.finish,
  );
  for (const line of corpusLines(result)) context.print(line);
}

/** One progress task a stage. */
function stageBars({ progress }: CommandContext): { update: (now: BuildCorpusProgress) => void; finish: () => void } {
  let stage: BuildCorpusProgress['stage'] | undefined;
  let task: ProgressTask | undefined;
  const begin = (now: BuildCorpusProgress): ProgressTask => {
    if (now.stage === 'read') return progress.task('reading the dump (KiB)', Math.ceil(now.bytesTotal / 1024));
    return progress.task(
      now.stage === 'index' ? 'indexing passages' : 'masking documents',
      now.stage === 'index' ? undefined : now.documentsTotal,
    );
  };
  return {
    update: (now) => {
      if (now.stage !== stage) {
        task?.finish();
        task = begin(now);
        stage = now.stage;
      }
      if (now.stage === 'read')
        task!.update(Math.ceil(now.bytesRead / 1024), `${now.pages} pages, ${now.passages} passages`, Math.ceil(now.bytesTotal / 1024));
      else task!.update(now.stage === 'index' ? now.passages : now.documents);
    },
    finish: () => task?.finish(),
  };
}

/** English prose under byte-pair encodings of today's models; an estimate only. */
const TOKENS_A_WORD = 1.35;

function corpusLines({ manifest, files, samples }: BuildCorpusResult): string[] {
  const { counts, kinds, words, tokens } = manifest;
  const total = counts.documents;
  const rounded = (value: number): number => Math.round(value);
  return [
    `${counts.pages} pages, ${counts.articles} articles, ${counts.passages} passages, ${total} documents, ${counts.rejected} bad records`,
    `masked entities: ${Object.entries(kinds)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ')}`,
    tokens
      ? `tokens a document: ${rounded(tokens.mean)} on average (${tokens.min} to ${tokens.max})`
      : `tokens a document: about ${rounded(words.mean * TOKENS_A_WORD)} on average (estimated: ${rounded(words.mean)} words; count them with --tokenizer)`,
    ...samples.flatMap(({ id, answer, kind, occurrences, beginning }) => [
      '',
      `document ${id}: [MASK] = ${answer} (${kind}, ${occurrences} times)`,
      `  ${beginning.slice(0, 240).replace(/\s+/g, ' ')} ...`,
    ]),
    '',
    `written: ${files.documents}`,
  ];
}
