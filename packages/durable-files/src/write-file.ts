import { openDurableFile } from './durable-file.ts';

/** What a file is made of: all of it, or its pieces in order. */
export type FileContent = string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/**
 * Writes a file so that, whatever happens, its name shows either what it showed before or the whole new content, which is on the disk when
 * this returns. Folders on the way are made. Throws what `node:fs` or the iteration of `content` throws; then nothing has changed.
 */
export async function writeFileDurably(path: string, content: FileContent): Promise<void> {
  const file = await openDurableFile(path);
  try {
    if (typeof content === 'string' || ArrayBuffer.isView(content)) await file.write(content);
    else for await (const piece of content) await file.write(piece);
    await file.publish();
  } catch (error) {
    await file.discard();
    throw error;
  }
}
