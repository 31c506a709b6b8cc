import { rename } from 'node:fs/promises';

/** Renames a finished folder into its place. If another process was first, its folder stays: both hold the same. */
export async function publishFolder(building: string, folder: string): Promise<void> {
  try {
    await rename(building, folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}
