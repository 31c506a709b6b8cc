import { open } from 'node:fs/promises';
import { makeTemporaryEntry } from './temporary-entry.ts';

/** A file that is written piece by piece, and stands under its name only when it is whole. */
export interface DurableFile {
  /** Its temporary name, for writers that open files themselves. */
  readonly temporary: string;
  /** Appends; wait for one call before the next. Text is gathered, so short pieces cost little. */
  write(data: string | Uint8Array): Promise<void>;
  /** Brings all of it to the disk and closes it, still under its temporary name. Needed only where several files are published together. */
  finish(): Promise<void>;
  /** Finishes it and gives it its name; what had the name is replaced. */
  publish(): Promise<void>;
  /** Closes and removes the temporary file; never throws. Does nothing after `publish`. */
  discard(): Promise<void>;
}

/** Characters that are written at once. */
const BLOCK = 1 << 20;

/**
 * Opens a temporary file beside `path`; folders on the way are made. Call `publish` when it is whole, or `discard`.
 * Throws what `node:fs` throws, here and in the methods.
 */
export async function openDurableFile(path: string): Promise<DurableFile> {
  const { path: temporary, made: file, ...entry } = await makeTemporaryEntry(path, (name) => open(name, 'wx'));
  let pending = '';
  let isOpen = true;
  const flush = async (): Promise<void> => {
    const text = pending;
    pending = '';
    if (text !== '') await file.writeFile(text);
  };
  const close = async (): Promise<void> => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  const finish = async (): Promise<void> => {
    if (!isOpen) return;
    await flush();
    await file.sync();
    await close();
  };
  return {
    temporary,
    async write(data) {
      if (!isOpen) throw new Error(`${path} is finished: write to it before finish, publish and discard`);
      if (typeof data === 'string') {
        pending += data;
        if (pending.length >= BLOCK) await flush();
      } else {
        await flush();
        await file.writeFile(data);
      }
    },
    finish,
    async publish() {
      await finish();
      await entry.publish();
    },
    async discard() {
      await close().catch(() => undefined);
      await entry.remove();
    },
  };
}
