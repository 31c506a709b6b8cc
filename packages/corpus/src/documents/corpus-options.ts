import { z } from 'zod';
import type { EntityChoice, OpenEntities } from '../entities/entity-choice.ts';
import { CorpusError } from '../errors.ts';
import type { PassageStore } from '../passages/passage-store.ts';
import type { RelatedPassages } from '../retrieval/related-passages.ts';
import type { SourceOptions } from '../sources/open-sources.ts';
import { documentSettings } from './document-options.ts';
import type { DocumentOptions, DocumentSettings } from './document-options.ts';

/** How far a build is. */
export interface BuildCorpusProgress {
  readonly stage: 'read' | 'index' | 'documents';
  /** Bytes of the sources (as they lie on disk) read so far, of `bytesTotal` (0 for standard input). */
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly pages: number;
  /** Passages cut so far; in the stage `index` those inverted so far. */
  readonly passages: number;
  readonly documents: number;
  readonly documentsTotal: number;
}

export interface BuildCorpusOptions extends DocumentOptions, SourceOptions {
  /** Folder for `documents.jsonl`, `rejected.jsonl` and `manifest.json`; made when absent. Files of an earlier build are replaced. */
  readonly out: string;
  /** Number of documents. */
  readonly documents: number;
  readonly seed: number;
  /** Threads that work; 1 (the default) works in the caller's. */
  readonly workers?: number;
  /** Fewest and most words of a passage. Default 140 and 180. */
  readonly minWords?: number;
  readonly maxWords?: number;
  /** Stop reading after the page that brings this many passages. Default: read all. */
  readonly maxPassages?: number;
  /** Licence of records that name none. */
  readonly licence?: string;
  /** Share of bad records above which the build fails. Default 0.01. */
  readonly maxRejectedShare?: number;
  /** Path of the tokenizer.json of `tokenizer`, or of its folder, for the fast counter in every worker if it agrees with `tokenizer`. */
  readonly tokenizerFile?: string;
  /**
   * Counts tokens, in the caller's thread; beside `tokenizerFile` only where the fast counter cannot read that file or disagrees.
   * Without one tokens are estimated.
   */
  readonly tokenizer?: { encode(text: string): ArrayLike<number> };
  /**
   * What finds the entities. Default `default` (`findEntities`); a model's folder or a file of entities is opened by every worker, an
   * extractor of the caller's works in the caller's thread.
   */
  readonly entities?: EntityChoice | OpenEntities;
  /** Finds related passages in place of BM25; called once, when the passages are cut. */
  readonly retriever?: (passages: PassageStore) => RelatedPassages | Promise<RelatedPassages>;
  /** What `-` reads. Default `process.stdin`. */
  readonly standardInput?: AsyncIterable<Uint8Array>;
  readonly onProgress?: (progress: BuildCorpusProgress) => void;
  /** Stops the build at the next step; it can be resumed. */
  readonly signal?: AbortSignal;
}

/** Options of a build with every default filled in: plain data. */
export interface CorpusSettings {
  readonly documents: number;
  readonly seed: number;
  readonly workers: number;
  readonly maxRejectedShare: number;
  readonly reading: { readonly minWords: number; readonly maxWords: number; readonly maxPassages?: number; readonly licence?: string };
  readonly document: DocumentSettings;
}

const whole = (name: string, least: number, most: number = Number.MAX_SAFE_INTEGER): z.ZodNumber => {
  const message = `${name} must be a whole number from ${least}${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ''}`;
  return z.number(message).int(message).min(least, message).max(most, message);
};

const optionsSchema = z
  .object({
    documents: whole('documents', 1),
    seed: whole('seed', Number.MIN_SAFE_INTEGER),
    workers: whole('workers', 1, 256).default(1),
    minWords: whole('minWords', 1).default(140),
    maxWords: whole('maxWords', 1).default(180),
    maxPassages: whole('maxPassages', 1).optional(),
    licence: z.string('licence must be a text').min(1, 'licence must not be empty').optional(),
    maxRejectedShare: z.number().min(0).max(1, 'maxRejectedShare must be from 0 to 1').default(0.01),
  })
  .refine(({ minWords, maxWords }) => minWords <= maxWords, 'minWords must not be above maxWords: lower minWords or raise maxWords');

/** Fills in the defaults. Throws `CorpusError` (`bad-options`) that names every option that cannot be, and what to change. */
export function corpusOptions(options: BuildCorpusOptions): CorpusSettings {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    const values = options as unknown as Readonly<Record<PropertyKey, unknown>>;
    const problems = parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${message}, got ${String(values[path[0]!])}`,
    );
    throw new CorpusError('bad-options', problems.join('; '));
  }
  const { documents, seed, workers, maxRejectedShare, minWords, maxWords, maxPassages, licence } = parsed.data;
  const reading = {
    minWords,
    maxWords,
    ...(maxPassages === undefined ? {} : { maxPassages }),
    ...(licence === undefined ? {} : { licence }),
  };
  return { documents, seed, workers, maxRejectedShare, reading, document: documentSettings(options) };
}
