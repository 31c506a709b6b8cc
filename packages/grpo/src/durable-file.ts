import { open, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes a file so that, whatever happens, its name shows either the old content or the whole new one. */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Brings every file and folder below a folder to the disk; returns the files' relative paths and sizes in bytes, in order of name. */
export async function syncTree(folder: string): Promise<{ path: string; size: number }[]> {
  const files: { path: string; size: number }[] = [];
  const visit = async (relative: string): Promise<void> => {
    const entries = await readdir(join(folder, relative), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) await visit(path);
      else files.push({ path, size: await syncFile(join(folder, path)) });
    }
    await syncFolder(join(folder, relative));
  };
  await visit('');
  return files;
}

/** Brings a folder's list of names to the disk. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows cannot open a folder to sync it.
  await syncFile(path);
}

async function syncFile(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}
