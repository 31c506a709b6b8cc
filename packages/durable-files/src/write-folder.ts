import { mkdir } from 'node:fs/promises';
import { syncTree } from './sync-tree.ts';
import { makeTemporaryEntry } from './temporary-entry.ts';

/**
 * Makes a folder that appears whole or not at all, and is on the disk when this returns: `fill` writes into an empty folder beside it, which
 * is then renamed. `path` must not exist by then, or be an empty folder. Folders on the way are made. Returns what `fill` returned.
 * Throws what `fill` or `node:fs` throws; then nothing is left.
 */
export async function writeFolderDurably<Result>(path: string, fill: (building: string) => Promise<Result>): Promise<Result> {
  const entry = await makeTemporaryEntry(path, (name) => mkdir(name));
  try {
    const result = await fill(entry.path);
    await syncTree(entry.path);
    await entry.publish();
    return result;
  } catch (error) {
    await entry.remove();
    throw error;
  }
}
