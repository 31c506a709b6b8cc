/** What threads of a build do; the names are those of `BuildThreads`. */
import { Tinypool } from 'tinypool';
import type { Bz2Block } from '../dump/bz2-blocks.ts';
import { decodeBz2Block } from '../dump/decode-bz2-block.ts';
import { cutTask } from '../sources/cut-task.ts';
import type { CutTask, CutTaskOptions } from '../sources/cut-task.ts';
import type { SourceTask } from '../sources/source-task.ts';
import type * as BuildWork from './build-work.ts';
import type { AttemptedDocument, DocumentAttempt, DocumentContext, DocumentWorkshop } from './build-work.ts';
import type { PassageFiles } from '../passages/passage-store.ts';

export function decode(block: Bz2Block): Uint8Array {
  return Tinypool.move(decodeBz2Block(block)) as Uint8Array;
}

export async function cut({ task, options }: { readonly task: SourceTask; readonly options: CutTaskOptions }): Promise<CutTask> {
  const result = await cutTask(task, options);
  return moved(result, [result.lines.buffer as ArrayBuffer]);
}

/** A result whose memory is handed over, not copied. */
function moved<Result>(result: Result, buffers: ArrayBuffer[]): Result {
  return Tinypool.move({ [Tinypool.transferableSymbol]: buffers, [Tinypool.valueSymbol]: result } as unknown as ArrayBuffer) as Result;
}

// What the later steps need is loaded when they come: reading starts sooner, in every thread.
const loadBuildWork = (): Promise<typeof BuildWork> => import('./build-work.ts');

interface IndexInput {
  readonly files: PassageFiles;
  readonly from: number;
  readonly to: number;
}

export async function index({ files, from, to }: IndexInput): Promise<Uint8Array[]> {
  const { indexRange } = await loadBuildWork();
  return indexRange(files, from, to);
}

let workshop: Promise<DocumentWorkshop> | undefined;

export async function document(attempts: readonly DocumentAttempt[]): Promise<AttemptedDocument[]> {
  const { attemptDocuments, openWorkshop } = await loadBuildWork();
  workshop ??= openWorkshop(Tinypool.workerData as DocumentContext);
  return attemptDocuments(await workshop, attempts);
}
