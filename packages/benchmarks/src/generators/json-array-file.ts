import { createHash } from 'node:crypto';
import { openDurableFile } from '@memtrain/durable-files';

/** A JSON array that is written piece by piece, and stands under its name only when it is whole. */
export interface JsonArrayFile {
  /** Begins an element: whatever is written until the next one is its JSON. */
  open(): Promise<void>;
  write(text: string): Promise<void>;
  /** Ends the array, makes it durable and gives the file its name. */
  finish(): Promise<{ readonly bytes: number; readonly sha256: string }>;
  discard(): Promise<void>;
}

/** Opens a temporary file beside `path`; folders on the way are made. */
export async function createJsonArrayFile(path: string): Promise<JsonArrayFile> {
  const file = await openDurableFile(path);
  const hash = createHash('sha256');
  let bytes = 0;
  let elements = 0;
  const write = async (text: string): Promise<void> => {
    hash.update(text);
    bytes += Buffer.byteLength(text);
    await file.write(text);
  };
  return {
    open: () => write(elements++ === 0 ? '[\n' : ',\n'),
    write,
    async finish() {
      await write(elements === 0 ? '[]\n' : '\n]\n');
      await file.publish();
      return { bytes, sha256: hash.digest('hex') };
    },
    discard: () => file.discard(),
  };
}
