import { z } from 'zod';
import { ENTITY_KINDS } from '../entities/entity.ts';
import type { EntityKind } from '../entities/entity.ts';
import { CorpusError } from '../errors.ts';
import type { MaskRules } from '../masking/mask-entity.ts';
import { defaultShares } from '../masking/order-entities.ts';

/** Names of ready-made numbers. */
export type DocumentPreset = 'memtrain' | 'tiny';

/** How documents are made; everything has a default. Plain data: threads can share it. */
export interface DocumentOptions extends Omit<MaskRules, 'isCommonWord'> {
  /** `memtrain` (the paper's recipe, the default) or `tiny` (for trying things out); numbers given beside it win. */
  readonly preset?: DocumentPreset;
  /** Passages most related to the pivot (n1), and passages drawn at random: 29 and 120; tiny 5 and 10. */
  readonly related?: number;
  readonly random?: number;
  /**
   * Fewest and most tokens of a document: 24,000 and 40,000; tiny 0 and 4,096. Random passages without the entity are dropped to fit.
   * With a number of passages other than the preset's, the fewest is 0.
   */
  readonly minTokens?: number;
  readonly maxTokens?: number;
  /** Most tokens of a chunk, and most chunks: 5,120 and 8; tiny 512 and 8. */
  readonly chunkTokens?: number;
  readonly maxChunks?: number;
  /** Most entities listed with a chunk. Default 24. */
  readonly chunkEntities?: number;
  /** The mix of types of entity wanted. Default `defaultShares`. */
  readonly shares?: Readonly<Partial<Record<EntityKind, number>>>;
  /** Leave out entities that share a word with the pivot's title. Default false. */
  readonly noTitleWords?: boolean;
  /** Leave out entities whose rarest word stands in fewer or more passages of the corpus. Default no band. */
  readonly frequencyBand?: { readonly min?: number; readonly max?: number };
  /** Share of documents that ask for a fact which the text itself corrects later. Default 0. */
  readonly revisions?: number;
}

/** Options with every default filled in. */
export type DocumentSettings = Required<Omit<DocumentOptions, 'frequencyBand'>> & Pick<DocumentOptions, 'frequencyBand'>;

/** The numbers of each preset. */
export const documentPresets: Readonly<
  Record<DocumentPreset, Required<Pick<DocumentOptions, 'related' | 'random' | 'minTokens' | 'maxTokens' | 'chunkTokens' | 'maxChunks'>>>
> = {
  memtrain: { related: 29, random: 120, minTokens: 24_000, maxTokens: 40_000, chunkTokens: 5_120, maxChunks: 8 },
  tiny: { related: 5, random: 10, minTokens: 0, maxTokens: 4_096, chunkTokens: 512, maxChunks: 8 },
};

const whole = (name: string, least: number): z.ZodNumber => {
  const message = `${name} must be a whole number of at least ${least}`;
  return z.number(message).int(message).min(least, message);
};
const share = (name: string): z.ZodNumber => {
  const message = `${name} must be a number from 0 to 1`;
  return z.number(message).min(0, message).max(1, message);
};
const choice = (name: string): z.ZodEnum<{ reject: 'reject'; keep: 'keep' }> =>
  z.enum(['reject', 'keep'], `${name} must be reject or keep`);

const optionsSchema = z.object({
  preset: z.enum(['memtrain', 'tiny'], 'preset must be memtrain or tiny').default('memtrain'),
  related: whole('related', 0).optional(),
  random: whole('random', 0).optional(),
  minTokens: whole('minTokens', 0).optional(),
  maxTokens: whole('maxTokens', 1).optional(),
  chunkTokens: whole('chunkTokens', 32).optional(),
  maxChunks: whole('maxChunks', 1).optional(),
  chunkEntities: whole('chunkEntities', 0).default(24),
  minPassages: whole('minPassages', 1).default(2),
  minOccurrences: whole('minOccurrences', 1).default(1),
  maxOccurrences: whole('maxOccurrences', 1).default(40),
  maxShare: share('maxShare').default(0.005),
  softLeaks: choice('softLeaks').default('reject'),
  sharedSurname: choice('sharedSurname').default('reject'),
  shares: z
    .partialRecord(z.enum(ENTITY_KINDS), z.number('shares must be numbers').min(0, 'shares must not be negative'))
    .refine((shares) => Object.values(shares).some((one) => one > 0), 'shares must hold at least one type above 0')
    .default(defaultShares),
  noTitleWords: z.boolean('noTitleWords must be true or false').default(false),
  frequencyBand: z.object({ min: whole('frequencyBand.min', 0).optional(), max: whole('frequencyBand.max', 1).optional() }).optional(),
  revisions: share('revisions').default(0),
});

/** Fills in the defaults. Throws `CorpusError` (`bad-options`) that names every option that cannot be, and what to change. */
export function documentSettings(options: DocumentOptions = {}): DocumentSettings {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) throw badOptions(parsed.error.issues.map((issue) => issueText(issue, options)));
  const given = parsed.data;
  const preset = documentPresets[given.preset];
  const isOwnSize = given.related !== undefined || given.random !== undefined;
  const settings = { ...preset, ...(isOwnSize ? { minTokens: 0 } : {}), ...withoutUndefined(given) } as DocumentSettings;
  const { minTokens, maxTokens, chunkTokens, maxChunks, minOccurrences, maxOccurrences } = settings;
  const room = Math.min(maxTokens, chunkTokens * maxChunks);
  if (minTokens > room) {
    throw badOptions([
      `minTokens ${minTokens} is more than a document can hold (${maxChunks} chunks of ${chunkTokens}, at most ${maxTokens} tokens): ` +
        'lower minTokens, or raise maxTokens, chunkTokens or maxChunks',
    ]);
  }
  if (minOccurrences > maxOccurrences)
    throw badOptions([`minOccurrences ${minOccurrences} is above maxOccurrences ${maxOccurrences}: swap them`]);
  return settings;
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, own]) => own !== undefined)) as Partial<T>;
}

function issueText(issue: z.core.$ZodIssue, options: unknown): string {
  const value = issue.path.reduce((own: unknown, key) => (own as Record<PropertyKey, unknown> | undefined)?.[key], options);
  const where = issue.path.join('.');
  const text = issue.message.startsWith(String(issue.path[0] ?? '')) ? issue.message : `${where}: ${issue.message}`;
  return typeof value === 'object' ? text : `${text}, got ${JSON.stringify(value)}`;
}

function badOptions(problems: readonly string[]): CorpusError {
  return new CorpusError('bad-options', problems.join('; '));
}
