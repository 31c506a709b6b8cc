import type { Completion, Indexed, Tokenizer } from '@memtrain/policy';
import { lengthBucket, rowBucket } from './bucket.ts';
import type { CompiledCache } from './compiled-cache.ts';
import type { LanguageModelConfiguration } from './configuration.ts';
import { KeyValueCache, type CacheShape } from './generate-cache.ts';
import { decoder, type DecodeStep } from './generate-decode.ts';
import { readPrompts } from './generate-prefill.ts';
import { GeneratingRow, type GenerationRow } from './generate-row.ts';

/** What generation needs to know of the model; `parameters` are the current weights, one view a parameter. */
export interface GenerationContext {
  readonly configuration: LanguageModelConfiguration;
  readonly specs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly parameters: readonly Float32Array[];
  readonly compiled: CompiledCache;
}

export interface GenerateOptions {
  readonly tokenizer: Tokenizer;
  /** Most rows decoded at once. */
  readonly mostRows: number;
  readonly signal?: AbortSignal;
}

/** Most completions of one prompt that share a place; more take several. */
const MOST_LANES = 8;

/** Most floats of all keys and values of a decoding batch: 1 GiB. */
const MOST_CACHED = 2 ** 28;

/** A prompt with some of the completions that are wanted of it. */
interface Unit {
  readonly prompt: Int32Array;
  readonly rows: readonly GenerationRow[];
}

/** A unit that is being decoded: its lanes, undefined where a completion is done. */
interface Place {
  readonly lanes: (GeneratingRow | undefined)[];
}

/**
 * Completes rows, yielding each when it is done. Prompts are read once, however many completions they have; then all rows take one step at a time
 * together. A place that becomes free goes to the next prompt; when none is left and half of the places are free, the batch is made smaller.
 * A row's tokens depend on its own prompt, seed and settings alone.
 */
export async function* generate(
  context: () => GenerationContext,
  rows: readonly GenerationRow[],
  options: GenerateOptions,
): AsyncGenerator<Indexed<Completion>> {
  const byPrompt = new Map<string, GenerationRow[]>();
  for (const row of rows) {
    const key = row.prompt.join();
    const known = byPrompt.get(key);
    if (known) known.push(row);
    else byPrompt.set(key, [row]);
  }
  const groups = [...byPrompt.values()];
  // Prompts with one completion would leave lanes empty beside prompts with several.
  for (const several of [false, true]) {
    const chosen = groups.filter((group) => group.length > 1 === several);
    const lanes = Math.min(MOST_LANES, 2 ** Math.ceil(Math.log2(Math.max(1, ...chosen.map((group) => group.length)))));
    const units = chosen.flatMap((group) => cutInto(group, lanes).map((part): Unit => ({ prompt: part[0]!.prompt, rows: part })));
    // Prompts of like length stand together, and those that begin alike.
    units.sort((a, b) => b.prompt.length - a.prompt.length || a.rows[0]!.index - b.rows[0]!.index);
    yield* generateUnits(context, units, { ...options, lanes });
  }
}

async function* generateUnits(
  context: () => GenerationContext,
  units: readonly Unit[],
  options: GenerateOptions & { readonly lanes: number },
): AsyncGenerator<Indexed<Completion>> {
  const { tokenizer, mostRows, signal, lanes } = options;
  if (units.length === 0) return;
  const current = context();
  const { configuration } = current;
  const capacity = mostPlaces(configuration, units, { lanes, mostRows });
  const waiting = [...units];
  let places: (Place | undefined)[] = [];
  let cache: KeyValueCache | undefined;
  let decode: DecodeStep | undefined;
  const arrange = (admitted: readonly Unit[]): KeyValueCache => {
    const made = arranged(configuration, { places, cache, admitted, lanes });
    ({ places, cache } = made);
    decode = decoder(current, made.cache);
    return made.cache;
  };
  while (waiting.length > 0 || places.some(Boolean)) {
    signal?.throwIfAborted();
    const active = places.filter((place) => place !== undefined);
    // Prompts are read several at a time: in a batch they cost less.
    if (waiting.length > 0 && active.length <= capacity * 0.75) {
      const admitted = waiting.splice(0, capacity - active.length);
      const room = arrange(admitted);
      yield* admit(current, { tokenizer, places, cache: room, admitted, ...(signal && { signal }) });
      continue;
    }
    if (rowBucket(active.length) <= places.length / 2 || active.some((place) => ownSlots(place) > cache!.shape.own)) {
      arrange([]);
    }
    const laid = places.flatMap((place) => place?.lanes ?? Array.from({ length: lanes }, () => undefined));
    await decode!(laid);
    yield* finished(places);
  }
}

/** Reads the admitted prompts into free places and draws each row's first token. */
async function* admit(
  context: GenerationContext,
  state: {
    readonly tokenizer: Tokenizer;
    readonly places: (Place | undefined)[];
    readonly cache: KeyValueCache;
    readonly admitted: readonly Unit[];
    readonly signal?: AbortSignal;
  },
): AsyncGenerator<Indexed<Completion>> {
  const { tokenizer, places, cache, admitted, signal } = state;
  const distinct = new Map<string, Unit[]>();
  for (const unit of admitted) {
    const key = unit.prompt.join();
    distinct.set(key, [...(distinct.get(key) ?? []), unit]);
  }
  const together = [...distinct.values()];
  for await (const read of readPrompts(
    context,
    together.map(([unit]) => unit!.prompt),
  )) {
    signal?.throwIfAborted();
    for (const result of read) {
      for (const unit of together[result.prompt]!) {
        const lanes = Array.from({ length: cache.shape.lanes }, (_, lane): GeneratingRow | undefined => {
          const row = unit.rows[lane];
          return row && new GeneratingRow(row, tokenizer);
        });
        for (const row of lanes) row?.begin(result.logits);
        const free = places.indexOf(undefined);
        places[free] = { lanes };
        cache.putPrompt(free, result);
      }
    }
    yield* finished(places);
  }
}

/** Takes finished rows out of their places, and frees places without rows. */
function* finished(places: (Place | undefined)[]): Generator<Indexed<Completion>> {
  for (const [p, place] of places.entries()) {
    if (!place) continue;
    const done = place.lanes.flatMap((row, lane) => (row?.finished ? [{ row, lane }] : []));
    for (const { lane } of done) place.lanes[lane] = undefined;
    if (!place.lanes.some(Boolean)) places[p] = undefined;
    for (const { row } of done) yield { index: row.row.index, ...row.completion() };
  }
}

/** Moves the rows that are being decoded into a batch that fits them and the admitted prompts. */
function arranged(
  configuration: LanguageModelConfiguration,
  state: {
    readonly places: readonly (Place | undefined)[];
    readonly cache: KeyValueCache | undefined;
    readonly admitted: readonly Unit[];
    readonly lanes: number;
  },
): { places: (Place | undefined)[]; cache: KeyValueCache } {
  const { cache: before, admitted, lanes } = state;
  const kept = state.places.flatMap((place, from) => (place ? [{ place, from }] : []));
  const places: (Place | undefined)[] = kept.map(({ place }) => place);
  const prompts = [...kept.map(({ place }) => promptOf(place)), ...admitted.map(({ prompt }) => prompt)];
  const completed = Math.max(
    ...kept.map(({ place }) => completedTokens(place)),
    // A new row that wants few tokens gets all its slots at once.
    ...admitted.flatMap((unit) => unit.rows.map((row) => Math.min(row.maxTokens - 1, FIRST_SLOTS))),
    1,
  );
  const longest = Math.max(...prompts.map((prompt) => prompt.length));
  const shape = { places: rowBucket(prompts.length), ...slots(lanes, longest, completed) };
  const cache = new KeyValueCache(configuration, shape);
  for (const [place, { from }] of kept.entries()) cache.copyPlace(place, before!, from);
  while (places.length < shape.places) places.push(undefined);
  return { places, cache };
}

const FIRST_SLOTS = 64;

/** Sizes of a cache. Room for completions is doubled as they grow, so that few sizes are compiled. */
function slots(lanes: number, prompt: number, completed: number): Pick<CacheShape, 'lanes' | 'prompt' | 'own'> {
  const own = Math.max(16, 2 ** Math.ceil(Math.log2(completed)));
  return lanes > 1 ? { lanes, prompt: lengthBucket(prompt), own } : { lanes, prompt: 0, own: lengthBucket(prompt + own) };
}

/** Own slots that a place has filled after its next step. */
function ownSlots(place: Place): number {
  return completedTokens(place) + (place.lanes.length > 1 ? 0 : promptOf(place).length);
}

/** Tokens drawn by the longest row of a place. */
function completedTokens({ lanes }: Place): number {
  return Math.max(...lanes.map((row) => row?.length ?? 0));
}

function promptOf({ lanes }: Place): Int32Array {
  return lanes.find(Boolean)!.row.prompt;
}

/** How many places may be decoded at once, by rows and by the memory of their keys and values. */
function mostPlaces(
  { layers, keyValueHeads, headSize }: LanguageModelConfiguration,
  units: readonly Unit[],
  { lanes, mostRows }: { readonly lanes: number; readonly mostRows: number },
): number {
  const longest = Math.max(...units.map((unit) => unit.prompt.length));
  const { prompt, own } = slots(lanes, longest, Math.max(...units.flatMap((unit) => unit.rows.map((row) => row.maxTokens))));
  const floats = 2 * layers * keyValueHeads * headSize * (prompt + lanes * own);
  return Math.max(1, Math.min(Math.floor(mostRows / lanes), Math.floor(MOST_CACHED / floats)));
}

function cutInto<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
