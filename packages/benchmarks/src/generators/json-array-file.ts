import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A JSON array that is written piece by piece, and stands under its name only when it is whole. */
export interface JsonArrayFile {
  /** Begins an element: whatever is written until the next one is its JSON. */
  open(): Promise<void>;
  write(text: string): Promise<void>;
  /** Ends the array, makes it durable and gives the file its name. */
  finish(): Promise<{ readonly bytes: number; readonly sha256: string }>;
  discard(): Promise<void>;
}

const flushCharacters = 1 << 20;

/** Opens a temporary file beside `path`; folders on the way are made. */
export async function createJsonArrayFile(path: string): Promise<JsonArrayFile> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w');
  const hash = createHash('sha256');
  let bytes = 0;
  let pending: string[] = [];
  let characters = 0;
  let elements = 0;
  const flush = async (): Promise<void> => {
    const data = Buffer.from(pending.join(''));
    pending = [];
    characters = 0;
    hash.update(data);
    bytes += data.length;
    await file.writeFile(data);
  };
  const write = async (text: string): Promise<void> => {
    pending.push(text);
    characters += text.length;
    if (characters >= flushCharacters) await flush();
  };
  return {
    open: () => write(elements++ === 0 ? '[\n' : ',\n'),
    write,
    async finish() {
      await write(elements === 0 ? '[]\n' : '\n]\n');
      await flush();
      await file.sync();
      await file.close();
      await rename(temporary, path);
      return { bytes, sha256: hash.digest('hex') };
    },
    async discard() {
      await file.close();
      await rm(temporary, { force: true });
    },
  };
}
