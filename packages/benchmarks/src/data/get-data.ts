import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { BenchmarkError } from '../errors.ts';
import { describeFile } from '../items/data-file.ts';
import { catalog, hubUrl } from './catalog.ts';
import type { CatalogFile } from './catalog.ts';
import { downloadFile } from './download-file.ts';
import { writeDataCard } from './data-card.ts';

export interface GetDataOptions {
  /** Where files are put. */
  readonly folder: string;
  /** Default `https://huggingface.co`. */
  readonly endpoint?: string;
  /** Only these of the data set's files, by their names. */
  readonly only?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (name: string, done: number, total: number | undefined) => void;
}

/** A file of data on the disk. */
export interface GottenFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** True when it was there already, unchanged. */
  readonly present: boolean;
}

/**
 * Puts the files of a data set into a folder, and beside each a card `NAME.card.json` with where it came from, its size and SHA-256. Files
 * that are there and match their card are not fetched again. Throws `BenchmarkError`: `bad-options` for an unknown name; `no-file` when the
 * network is out of reach, which says what to put where; `download-failed`.
 */
export async function getData(name: string, options: GetDataOptions): Promise<GottenFile[]> {
  const entry = Object.hasOwn(catalog, name) ? catalog[name] : undefined;
  if (!entry) throw new BenchmarkError('bad-options', `there is no data set "${name}": give one of ${Object.keys(catalog).join(', ')}`);
  const { only } = options;
  const unknown = only?.find((wanted) => !entry.files.some((file) => file.name === wanted));
  if (unknown !== undefined) {
    throw new BenchmarkError(
      'bad-options',
      `${name} has no file "${unknown}": give some of ${entry.files.map((file) => file.name).join(', ')}`,
    );
  }
  const gotten: GottenFile[] = [];
  for (const file of entry.files) {
    if (only && !only.includes(file.name)) continue;
    gotten.push((await presentFile(file, options.folder)) ?? (await fetchFile(file, options)));
  }
  return gotten;
}

async function presentFile(file: CatalogFile, folder: string): Promise<GottenFile | undefined> {
  const path = join(folder, file.name);
  const card = await readFile(`${path}.card.json`, 'utf8').catch(() => undefined);
  if (card === undefined) return undefined;
  const described = await describeFile(path).catch(() => undefined);
  const same = described?.sha256 === (JSON.parse(card) as { sha256?: unknown }).sha256;
  return same ? { ...described!, name: file.name, present: true } : undefined;
}

async function fetchFile(file: CatalogFile, options: GetDataOptions): Promise<GottenFile> {
  const { folder, endpoint = 'https://huggingface.co', signal, onProgress } = options;
  const path = join(folder, file.name);
  const url = hubUrl(endpoint, file);
  const { bytes, sha256 } = file;
  try {
    const found = await downloadFile(url, path, {
      ...(bytes === undefined ? {} : { bytes }),
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress: (done, total) => onProgress(file.name, done, total) } : {}),
    });
    await writeDataCard(path, {
      name: file.name,
      url,
      repository: file.repository,
      revision: file.revision,
      bytes: found.bytes,
      sha256: found.sha256,
    });
    return { name: file.name, path, bytes: found.bytes, sha256: found.sha256, present: false };
  } catch (error) {
    if (!BenchmarkError.isInstance(error) || !error.message.endsWith('cannot be reached')) throw error;
    throw new BenchmarkError(
      'no-file',
      `${endpoint} cannot be reached: on a machine with a network download ${url} and put it at ${path}, or give a mirror with --endpoint`,
      { cause: error },
    );
  }
}
