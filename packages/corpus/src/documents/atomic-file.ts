import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { openDurableFile } from '@memtrain/durable-files';

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

/** Bytes of another file that are read at once. */
const BLOCK = 1 << 20;

/** Opens a temporary file beside `path`. */
export async function openAtomicFile(path: string): Promise<AtomicFile> {
  const file = await openDurableFile(path);
  const hash = createHash('sha256');
  let bytes = 0;
  let lines = 0;
  const write = async (data: string | Buffer): Promise<void> => {
    hash.update(data);
    bytes += Buffer.byteLength(data);
    await file.write(data);
  };
  return {
    async writeLine(line) {
      lines++;
      await write(`${line}\n`);
    },
    async append(from) {
      for await (const chunk of createReadStream(from, { highWaterMark: BLOCK }) as AsyncIterable<Buffer>) {
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
        await write(chunk);
      }
    },
    async finish() {
      await file.finish();
      return { bytes, lines, sha256: hash.digest('hex') };
    },
    publish: () => file.publish(),
    discard: () => file.discard(),
  };
}
