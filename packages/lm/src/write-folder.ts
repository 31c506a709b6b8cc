import { mkdir, open, rename, rm } from 'node:fs/promises';

/** Writes a folder under another name and renames it, so that it appears whole or not at all. Returns `path`, which must not exist. */
export async function writeFolder(path: string, write: (building: string) => Promise<void>): Promise<string> {
  const building = `${path}.tmp`;
  await rm(building, { recursive: true, force: true });
  await mkdir(building, { recursive: true });
  await write(building);
  await rename(building, path);
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
