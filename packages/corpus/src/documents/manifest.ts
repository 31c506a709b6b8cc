import { readFileSync } from 'node:fs';
import type { ReadCorpus } from './read-corpus.ts';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { EntityKind } from '../entities/entity.ts';
import type { FileFacts } from './atomic-file.ts';

/** Name of the format in `manifest.json`. */
export const FORMAT = 'memtrain-documents';
/** Version of the format; readers refuse others. */
export const FORMAT_VERSION = 1;

/** Distribution of a count over the documents. */
export interface Distribution {
  readonly min: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
  readonly mean: number;
}

/** What `manifest.json` beside `documents.jsonl` says. */
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly formatVersion: typeof FORMAT_VERSION;
  readonly seed: number;
  /** Options as they were in force, defaults filled in. */
  readonly options: Readonly<Record<string, number | string | null>>;
  readonly versions: Readonly<Record<string, string>>;
  /** `sha256` is that of the whole file, or null when reading stopped early (`maxPassages`). */
  readonly source: { readonly file: string; readonly bytes: number; readonly sha256: string | null };
  readonly counts: ReadCorpus['counts'] & { readonly rejected: number; readonly passages: number; readonly documents: number };
  /** How often an entity or pivot was drawn again, by reason. */
  readonly redrawn: Readonly<Record<string, number>>;
  /** Documents by kind of the masked entity. */
  readonly kinds: Readonly<Partial<Record<EntityKind, number>>>;
  /** Documents by what found the entity. */
  readonly foundBy: Readonly<Record<string, number>>;
  readonly occurrences: Distribution;
  readonly maskedPassages: Distribution;
  readonly words: Distribution;
  /** Present when a tokenizer was given. */
  readonly tokens?: Distribution;
  /** The most frequent templates that were dropped without being known. */
  readonly unknownTemplates: Readonly<Record<string, number>>;
  readonly files: Readonly<Record<'documents.jsonl' | 'rejected.jsonl', FileFacts>>;
}

/** Nearest-rank percentiles and the mean (rounded to 0.01); all zero for no values. */
export function distribution(values: readonly number[]): Distribution {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const sum = sorted.reduce((total, value) => total + value, 0);
  const mean = sorted.length === 0 ? 0 : Math.round((100 * sum) / sorted.length) / 100;
  return { min: at(0), p10: at(0.1), p50: at(0.5), p90: at(0.9), max: at(1), mean };
}

/** Counts as a plain object, most frequent first, ties by name. */
export function countsByFrequency(counts: ReadonlyMap<string, number>, limit: number = Infinity): Record<string, number> {
  const sorted = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return Object.fromEntries(sorted.slice(0, limit));
}

/** Versions of this package and of the libraries whose behaviour shapes the documents. */
export function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const own = (require('../../package.json') as { version: string }).version;
  const modules = ['fast-xml-parser', 'pure-rand/generator/xoroshiro128plus', 'unbzip2-stream', 'wink-eng-lite-web-model', 'wink-nlp'];
  const libraries = modules.map((module) => {
    const name = module.split('/')[0]!;
    return [name, versionOf(name, require.resolve(module))] as const;
  });
  return { '@memtrain/corpus': own, ...Object.fromEntries(libraries) };
}

/** A package may not export its package.json, so it is looked for above its main file. */
function versionOf(name: string, mainFile: string): string {
  for (let folder = dirname(mainFile); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string; version?: string };
      if (found.name === name) return found.version ?? 'unknown';
    } catch {
      // No package.json in this folder: look one higher.
    }
  }
  return 'unknown';
}
