/** What threads of a build do; the names are those of `BuildThreads`. */
import { Tinypool } from 'tinypool';
import { decodeBz2Block } from '../dump/decode-bz2-block.ts';
import { cutTask } from '../sources/cut-task.ts';
import type { CutTask, CutTaskOptions } from '../sources/cut-task.ts';
import type { SourceTask } from '../sources/source-task.ts';
import { attemptDocument, indexRange, openWorkshop } from './build-work.ts';
import type { AttemptedDocument, DocumentAttempt, DocumentContext, DocumentWorkshop } from './build-work.ts';
import type { PassageFiles } from '../passages/passage-store.ts';

export async function decode(stream: Uint8Array): Promise<Uint8Array> {
  return Tinypool.move(await decodeBz2Block(stream)) as Uint8Array;
}

export async function cut({ task, options }: { readonly task: SourceTask; readonly options: CutTaskOptions }): Promise<CutTask> {
  return cutTask(task, options);
}

export function index({ files, from, to }: { readonly files: PassageFiles; readonly from: number; readonly to: number }): Uint8Array[] {
  return indexRange(files, from, to);
}

let workshop: Promise<DocumentWorkshop> | undefined;

export async function document(attempts: readonly DocumentAttempt[]): Promise<AttemptedDocument[]> {
  workshop ??= openWorkshop(Tinypool.workerData as DocumentContext);
  const opened = await workshop;
  return attempts.map((attempt) => attemptDocument(opened, attempt));
}
