import { mkdir, readdir, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { openWorkFolder } from '../build/work-folder.ts';
import type { WorkFolder } from '../build/work-folder.ts';
import type { EntityFacts } from '../entities/entity-choice.ts';
import { CorpusError } from '../errors.ts';
import { sourcePaths } from '../sources/open-sources.ts';
import type { BuildCorpusOptions, CorpusSettings } from './corpus-options.ts';

/** Folder inside `out` that holds the passages, the index and finished documents until the build is complete. */
const WORK = '.build';

/** Errors of the sources themselves: mended sources are others, so that nothing of what was read serves again. */
const REMOVING: ReadonlySet<string> = new Set(['bad-bz2', 'bad-compression', 'bad-source', 'not-a-dump', 'truncated']);

const KEPT = 'What was read stays in the .build folder, and the next run goes on from there (delete it to start anew)';

/**
 * Runs `work` on the folder of the passages that these options give. What it has done stays after an error that other options, or the
 * next run, need not meet.
 */
export async function inWorkFolder<T>(
  options: BuildCorpusOptions,
  settings: CorpusSettings,
  work: (folder: WorkFolder) => Promise<T>,
): Promise<T> {
  const fingerprint = await passageFingerprint(options, settings);
  if (options.signal?.aborted) throw aborted();
  const made = await mkdir(options.out, { recursive: true });
  const folder = await openWorkFolder(join(options.out, WORK), fingerprint);
  try {
    return await work(folder);
  } catch (error) {
    const isOwn = CorpusError.isInstance(error);
    const cause = isDiskFull(error) ? diskFull(options.out, error) : error;
    if (isOwn && error.code === 'aborted') throw error;
    const isLost = sourcePaths(options).some(({ path }) => path === '-') || !(await holdsParts(folder));
    if (isLost || (isOwn && REMOVING.has(error.code))) {
      await folder.remove();
      if (made !== undefined) await removeMadeFolders(options.out, made);
      throw cause;
    }
    if (!CorpusError.isInstance(cause)) throw cause;
    throw new CorpusError(cause.code, `${cause.message}. ${KEPT}`, { cause });
  }
}

/** What makes the passages of two builds the same: the sources as they are now, and how they are cut. Standard input is never the same. */
async function passageFingerprint(options: BuildCorpusOptions, { reading }: CorpusSettings): Promise<string> {
  const sources = await Promise.all(
    sourcePaths(options).map(async ({ kind, path }) => {
      const found = await stat(path).catch(() => undefined);
      return {
        kind,
        path: path === '-' ? `standard input of process ${process.pid}` : resolve(path),
        bytes: found?.size,
        changed: found?.mtimeMs,
      };
    }),
  );
  return JSON.stringify({ sources, fields: options.fields, reading });
}

/** What makes the documents of two builds over the same passages the same. */
export function documentFingerprint(options: BuildCorpusOptions, settings: CorpusSettings, entities: EntityFacts | undefined): string {
  const { seed, documents, document } = settings;
  return JSON.stringify({
    seed,
    documents,
    document,
    tokenizerFile: options.tokenizerFile,
    tokenizer: options.tokenizer !== undefined,
    retriever: options.retriever !== undefined,
    entities: entities ?? 'own',
  });
}

/** The error of a build that its signal stopped. */
export function aborted(): CorpusError {
  return new CorpusError(
    'aborted',
    'the build was stopped; the same command goes on where it stopped, or delete the .build folder to start anew',
  );
}

async function holdsParts({ path }: WorkFolder): Promise<boolean> {
  return (await readdir(path)).some((name) => /-\d+\.json$/.test(name));
}

function isDiskFull(error: unknown): error is Error {
  return ['ENOSPC', 'EDQUOT'].includes((error as { code?: string } | null)?.code ?? '');
}

function diskFull(out: string, cause: Error): CorpusError {
  return new CorpusError('disk-full', `no space is left for ${out} (${cause.message}): make room there`, { cause });
}

/** Removes the folders that this build made, as far as they are empty. */
async function removeMadeFolders(out: string, firstMade: string): Promise<void> {
  const top = resolve(firstMade);
  for (let folder = resolve(out); folder.length >= top.length; folder = dirname(folder)) {
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}
