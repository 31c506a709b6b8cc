import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { DocumentPart } from '../build/document-stage.ts';
import { addCounts } from '../build/read-stage.ts';
import type { PassagePart } from '../build/read-stage.ts';
import type { EntityKind } from '../entities/entity.ts';
import type { EntityFacts } from '../entities/entity-choice.ts';
import type { RecordCounts } from '../sources/cut-task.ts';
import type { SourceFile } from '../sources/source-task.ts';
import type { FileFacts } from './atomic-file.ts';
import type { CorpusSettings } from './corpus-options.ts';

/** Name of the format in `manifest.json`. */
export const FORMAT = 'memtrain-documents';
/** Version of the format; readers refuse others. */
export const FORMAT_VERSION = 2;

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
  readonly options: Readonly<Record<string, unknown>>;
  readonly versions: Readonly<Record<string, string>>;
  /** What was read; `sha256` is that of the whole file, or null when reading stopped early (`maxPassages`). */
  readonly sources: readonly SourceFile[];
  readonly counts: RecordCounts & { readonly passages: number; readonly documents: number };
  /** Passages by the licence of their text, where the source names one. */
  readonly licences: Readonly<Record<string, number>>;
  /** What found the entities. */
  readonly entities: EntityFacts;
  /** How often an entity or pivot was drawn again, by reason. */
  readonly redrawn: Readonly<Record<string, number>>;
  /** Documents by kind of the masked entity. */
  readonly kinds: Readonly<Partial<Record<EntityKind, number>>>;
  /** Documents by what found the entity. */
  readonly foundBy: Readonly<Record<string, number>>;
  readonly occurrences: Distribution;
  readonly maskedPassages: Distribution;
  readonly words: Distribution;
  readonly tokens: Distribution;
  /** Mean share of the related passages that stand in the pivot's own article. */
  readonly sameArticle: number;
  /** The most frequent templates that were dropped without being known. */
  readonly unknownTemplates: Readonly<Record<string, number>>;
  readonly files: Readonly<Record<'documents.jsonl' | 'rejected.jsonl', FileFacts>>;
}

export interface MakeManifestOptions {
  readonly settings: CorpusSettings;
  readonly parts: readonly PassagePart[];
  readonly documents: readonly DocumentPart[];
  readonly entities: EntityFacts;
  readonly files: Manifest['files'];
}

/** The manifest of a finished build. */
export function makeManifest({ settings, parts, documents, entities, files }: MakeManifestOptions): Manifest {
  const { seed, reading, document } = settings;
  const facts = documents.flatMap((part) => part.facts);
  const times = (pairs: readonly (readonly [string, number])[], limit?: number): Record<string, number> =>
    countsByFrequency(new Map(addCounts(pairs)), limit);
  const counts = { pages: 0, articles: 0, articlesWithoutPassage: 0, redirects: 0, disambiguations: 0, otherNamespaces: 0, rejected: 0 };
  for (const part of parts) for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += part.counts[name];
  const passages = parts.reduce((sum, part) => sum + part.passages, 0);
  const sameArticle = facts.reduce((sum, own) => sum + own.sameArticle, 0) / Math.max(1, facts.length);
  return {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    seed,
    options: { documents: settings.documents, ...reading, ...document },
    versions: versions(),
    sources: parts.flatMap((part) => (part.file ? [part.file] : [])),
    counts: { ...counts, passages, documents: facts.length },
    licences: times(parts.flatMap((part) => part.licences)),
    entities,
    redrawn: times(documents.flatMap((part) => Object.entries(part.redrawn))),
    kinds: times(facts.map((own) => [own.answerType, 1])),
    foundBy: times(facts.map((own) => [own.foundBy, 1])),
    occurrences: distribution(facts.map((own) => own.occurrences)),
    maskedPassages: distribution(facts.map((own) => own.maskedPassages)),
    words: distribution(facts.map((own) => own.words)),
    tokens: distribution(facts.map((own) => own.tokens)),
    sameArticle: Math.round(1000 * sameArticle) / 1000,
    unknownTemplates: times(
      parts.flatMap((part) => part.unknownTemplates),
      20,
    ),
    files,
  };
}

/** Nearest-rank percentiles and the mean (rounded to 0.01); all zero for no values. */
function distribution(values: readonly number[]): Distribution {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const sum = sorted.reduce((total, value) => total + value, 0);
  const mean = sorted.length === 0 ? 0 : Math.round((100 * sum) / sorted.length) / 100;
  return { min: at(0), p10: at(0.1), p50: at(0.5), p90: at(0.9), max: at(1), mean };
}

/** Counts as a plain object, most frequent first, ties by name. */
function countsByFrequency(counts: ReadonlyMap<string, number>, limit: number = Infinity): Record<string, number> {
  const sorted = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return Object.fromEntries(sorted.slice(0, limit));
}

/** Versions of this package and of the libraries whose behaviour shapes the documents. */
function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const own = (require('../../package.json') as { version: string }).version;
  const modules = ['fast-xml-parser', 'pure-rand/generator/xoroshiro128plus', 'wink-eng-lite-web-model', 'wink-nlp'];
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
