import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Size and hash of a written file. */
export interface FileFacts {
  readonly bytes: number;
  readonly lines: number;
  readonly sha256: string;
}

/** A file that appears under its name only when it is complete. */
export interface AtomicFile {
  /** Appends one line. */
  writeLine(line: string): Promise<void>;
  /** Appends the lines of another file. */
  append(path: string): Promise<void>;
  /** Flushes to disk and closes; the file still has its temporary name. */
  finish(): Promise<FileFacts>;
  /** Gives the finished file its name. */
  publish(): Promise<void>;
  /** Removes the temporary file; does nothing after `publish`. */
  discard(): Promise<void>;
}

const FLUSH_CHARS = 1 << 20;

/** Opens a temporary file beside `path`. */
export async function openAtomicFile(path: string): Promise<AtomicFile> {
  const temporary = join(dirname(path), `.${basename(path)}.tmp`);
  const file = await open(temporary, 'w');
  const hash = createHash('sha256');
  let pending = '';
  let bytes = 0;
  let lines = 0;
  let isOpen = true;
  const write = async (data: Buffer): Promise<void> => {
    hash.update(data);
    bytes += data.length;
    await file.writeFile(data);
  };
  const flush = async (): Promise<void> => {
    const data = Buffer.from(pending);
    pending = '';
    await write(data);
  };
  const close = async (): Promise<void> => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  return {
    async writeLine(line) {
      pending += `${line}\n`;
      lines++;
      if (pending.length >= FLUSH_CHARS) await flush();
    },
    async append(from) {
      await flush();
      for await (const chunk of createReadStream(from, { highWaterMark: FLUSH_CHARS }) as AsyncIterable<Buffer>) {
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
        await write(chunk);
      }
    },
    async finish() {
      await flush();
      await file.sync();
      await close();
      return { bytes, lines, sha256: hash.digest('hex') };
    },
    publish: () => rename(temporary, path),
    async discard() {
      await close();
      await rm(temporary, { force: true });
    },
  };
}
