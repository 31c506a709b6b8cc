import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Writes a folder under another name and renames it, so that it appears whole or not at all, and is on the disk when this returns.
 * Nothing is left when `write` fails. Returns `path`, which must not exist.
 */
export async function writeFolder(path: string, write: (building: string) => Promise<void>): Promise<string> {
  const target = resolve(path); // A separator at the end would put the temporary folder inside.
  const building = `${target}.tmp`;
  await rm(building, { recursive: true, force: true });
  await mkdir(building, { recursive: true });
  try {
    await write(building);
    await flushNames(building);
    await rename(building, target);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw error;
  }
  await flushNames(dirname(target));
  return path;
}

/** Writes a file and flushes it to disk. */
export async function writeFlushed(path: string, content: string | Buffer): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The value as the text of a JSON file. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Brings a folder's list of names to the disk. */
async function flushNames(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows cannot open a folder to flush it.
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
