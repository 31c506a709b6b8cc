import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes what a killed process left half-done: entries whose name ends in `tmp-<process id>`, when no such process runs. */
export async function removeLeftovers(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (const name of await readdir(folder)) {
    const id = /\.tmp-(\d+)$/.exec(name)?.[1];
    if (id !== undefined && !isRunning(Number(id))) await rm(join(folder, name), { recursive: true, force: true });
  }
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // Not allowed to signal it: then it runs, as somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
