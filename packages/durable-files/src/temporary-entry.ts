import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { syncFolder } from './sync-tree.ts';

/** A file or folder under its temporary name. */
export interface TemporaryEntry<Made> {
  readonly path: string;
  /** What `make` returned. */
  readonly made: Made;
  /** Gives it its name, and brings the names on the way to the disk. */
  publish(): Promise<void>;
  /** Removes it as far as that is possible; never throws. Does nothing after `publish`. */
  remove(): Promise<void>;
}

/**
 * Makes a file or folder beside `path`, as `<path>.<process id>-<number>.tmp`. `make` must fail with `EEXIST` where something is already, so
 * that no two writers share one. Folders on the way are made; what dead processes left of the same path is removed.
 */
export async function makeTemporaryEntry<Made>(path: string, make: (temporary: string) => Promise<Made>): Promise<TemporaryEntry<Made>> {
  const target = resolve(path); // A separator at the end would put the temporary name inside.
  const folder = dirname(target);
  const firstMade = await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    // A file is in the way: what follows says ENOTDIR, which is clearer.
    if (error.code !== 'EEXIST') throw error;
    return undefined;
  });
  await removeLeftovers(target);
  for (let number = 1; ; number++) {
    const temporary = `${target}.${process.pid}-${number}.tmp`;
    try {
      const made = await make(temporary);
      return { path: temporary, made, ...movesOf(temporary, target, firstMade) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function movesOf(temporary: string, target: string, firstMade: string | undefined): Pick<TemporaryEntry<unknown>, 'publish' | 'remove'> {
  let isPublished = false;
  return {
    async publish() {
      await rename(temporary, target);
      isPublished = true;
      // A folder that was made on the way is a new name in the one above.
      const top = dirname(firstMade ?? target);
      let folder = dirname(target);
      await syncFolder(folder);
      while (folder.length > top.length) {
        folder = dirname(folder);
        await syncFolder(folder);
      }
    },
    async remove() {
      if (!isPublished) await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    },
  };
}

/** Removes what processes that no longer run left under temporary names of `target`. */
async function removeLeftovers(target: string): Promise<void> {
  const name = basename(target);
  for (const found of await readdir(dirname(target)).catch(() => [])) {
    const id = found.startsWith(name) ? /^\.(\d+)-\d+\.tmp$/.exec(found.slice(name.length))?.[1] : undefined;
    if (id === undefined || isRunning(Number(id))) continue;
    await rm(join(dirname(target), found), { recursive: true, force: true }).catch(() => undefined);
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
