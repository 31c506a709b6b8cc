import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from '@memtrain/durable-files';

/** Results of a build in progress: numbered parts, each complete or absent, so that a build killed at any instant can go on. */
export interface WorkFolder {
  readonly path: string;
  /** Path of a file in the folder. */
  at(name: string): string;
  /** What was said of the finished parts of a series, up to the first that is missing. */
  parts<Meta>(series: string): Meta[];
  /** Path of a part's data. */
  partPath(series: string, number: number): string;
  /** Writes a part: its data first, then what is said of it, each whole or not at all. */
  writePart(series: string, number: number, part: { readonly data: readonly Uint8Array[]; readonly meta: unknown }): Promise<void>;
  /** Writes one file, whole or not at all. */
  write(name: string, data: readonly Uint8Array[]): Promise<void>;
  remove(): Promise<void>;
}

const FINGERPRINT = 'fingerprint.json';

/**
 * Opens a folder for what `fingerprint` describes; what another description left there is removed.
 * `resumed` says whether parts of the same build were kept.
 */
export async function openWorkFolder(path: string, fingerprint: string): Promise<WorkFolder & { readonly resumed: boolean }> {
  const known = await readFile(join(path, FINGERPRINT), 'utf8').catch(() => undefined);
  const resumed = known === fingerprint;
  if (!resumed) await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  if (resumed) {
    for (const name of await readdir(path)) if (name.endsWith('.tmp')) await rm(join(path, name));
  } else await writeFileDurably(join(path, FINGERPRINT), fingerprint);
  const partPath = (series: string, number: number): string => join(path, `${series}-${String(number).padStart(5, '0')}`);
  return {
    path,
    resumed,
    at: (name) => join(path, name),
    partPath,
    parts<Meta>(series: string): Meta[] {
      const found: Meta[] = [];
      for (;;) {
        const data = partPath(series, found.length);
        const described = `${data}.json`;
        if (!existsSync(described) || !existsSync(data)) return found;
        const { bytes, meta } = JSON.parse(readFileSync(described, 'utf8')) as { bytes: number; meta: Meta };
        if (statSync(data).size !== bytes) return found;
        found.push(meta);
      }
    },
    async writePart(series, number, { data, meta }) {
      const to = partPath(series, number);
      await writeFileDurably(to, data);
      const bytes = data.reduce((sum, piece) => sum + piece.byteLength, 0);
      await writeFileDurably(`${to}.json`, JSON.stringify({ bytes, meta }));
    },
    write: (name, data) => writeFileDurably(join(path, name), data),
    // The fingerprint goes first: a folder that is half removed is not taken for a build to resume.
    async remove() {
      await rm(join(path, FINGERPRINT), { force: true });
      await rm(path, { recursive: true, force: true });
    },
  };
}
