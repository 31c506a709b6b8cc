import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A file below a folder: its path relative to it, with slashes, and its size in bytes. */
export interface SyncedFile {
  readonly path: string;
  readonly size: number;
}

/** What a folder that may be written but not read answers, and file systems that have no sync of folders. */
const NO_FOLDER_SYNC: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP']);

/** Brings every file and folder below a folder to the disk; returns the files in order of name. */
export async function syncTree(folder: string): Promise<SyncedFile[]> {
  const files: SyncedFile[] = [];
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

/** Brings a folder's list of names to the disk, so that a file that was made or renamed in it keeps its name after a power cut. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows keeps names without it, and refuses.
  try {
    await syncFile(path);
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code)) throw error;
  }
}

async function syncFile(path: string): Promise<number> {
  // Windows syncs only what is open for writing.
  const file = await open(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    await file.sync();
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}
