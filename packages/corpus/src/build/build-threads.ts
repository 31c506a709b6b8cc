import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Tinypool } from 'tinypool';
import type { Bz2Block } from '../dump/bz2-blocks.ts';
import { decodeBz2Block } from '../dump/decode-bz2-block.ts';
import { CorpusError } from '../errors.ts';
import type { CorpusErrorCode } from '../errors.ts';
import type { PassageFiles } from '../passages/passage-store.ts';
import { cutTask } from '../sources/cut-task.ts';
import type { CutTask, CutTaskOptions } from '../sources/cut-task.ts';
import type { SourceTask } from '../sources/source-task.ts';
import { attemptDocuments, indexRange, openWorkshop } from './build-work.ts';
import type { AttemptedDocument, DocumentAttempt, DocumentContext, OpenWorkshopOptions } from './build-work.ts';

/** The heavy steps of a build, in this thread or in others: same inputs, same results. */
export interface BuildThreads {
  /** Inputs worth keeping in flight. */
  readonly ahead: number;
  decode(block: Bz2Block): Uint8Array | Promise<Uint8Array>;
  cut(task: SourceTask, options: CutTaskOptions): Promise<CutTask>;
  index(files: PassageFiles, from: number, to: number): Promise<Uint8Array[]>;
  document(attempts: readonly DocumentAttempt[]): Promise<AttemptedDocument[]>;
  close(): Promise<void>;
}

export interface OpenThreadsOptions extends OpenWorkshopOptions {
  /** 1 works in this thread. */
  readonly workers: number;
  /** Needed for `document`. */
  readonly context?: DocumentContext;
}

export async function openThreads({ workers, context, ...own }: OpenThreadsOptions): Promise<BuildThreads> {
  if (workers === 1) {
    const workshop = context && (await openWorkshop(context, own));
    return {
      ahead: 1,
      decode: decodeBz2Block,
      cut: cutTask,
      index: (files, from, to) => Promise.resolve(indexRange(files, from, to)),
      document: (attempts) => attemptDocuments(workshop!, attempts),
      close: () => Promise.resolve(workshop?.sources.passages.close()),
    };
  }
  const pool = openPool(workers, context);
  const run = async <T>(name: string, input: unknown, transferList: ArrayBuffer[] = []): Promise<T> => {
    try {
      return (await pool.run(input, { name, transferList })) as T;
    } catch (error) {
      throw asOwnError(error);
    }
  };
  return {
    ahead: 2 * workers,
    decode: (block) => run('decode', block),
    cut(task, options) {
      if (!('bytes' in task)) return run('cut', { task, options });
      // One copy, handed over; without it the whole memory that the bytes are a part of would be copied, more than once.
      const bytes = new Uint8Array(task.bytes);
      return run('cut', { task: { ...task, bytes }, options }, [bytes.buffer]);
    },
    index: (files, from, to) => run('index', { files, from, to }),
    document: (attempts) => run('document', attempts),
    close: () => pool.destroy(),
  };
}

function openPool(workers: number, context: DocumentContext | undefined): Tinypool {
  const isSource = import.meta.url.endsWith('.ts');
  return new Tinypool({
    filename: (isSource ? new URL('./worker.ts', import.meta.url) : new URL('./worker.js', import.meta.url)).href,
    minThreads: workers,
    maxThreads: workers,
    isolateWorkers: false,
    ...(context ? { workerData: context } : {}),
    // Flags of the process (--eval, --input-type) are not for threads; from source, as in tests, they need a loader of their own.
    execArgv: isSource ? ['--conditions=@memtrain/source', '--import', loader()] : [],
  });
}

/** A module that lets a thread import TypeScript: the loader's own `--import` form reaches only the main thread. */
function loader(): string {
  const tsx = pathToFileURL(
    createRequire(import.meta.url)
      .resolve('tsx/esm/api')
      .replace(/\.cjs$/, '.mjs'),
  ).href;
  return `data:text/javascript,import { register } from ${JSON.stringify(tsx)}; register();`;
}

/** Errors lose their class on the way between threads. */
function asOwnError(error: unknown): unknown {
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  return name === 'CorpusError' ? new CorpusError(code as CorpusErrorCode, message!, { cause: error }) : error;
}
