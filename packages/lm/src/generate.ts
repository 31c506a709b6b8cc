import { compile, type CompiledFunction, type CompileOptions, type TensorSpec } from '@memtrain/tfjs-jit';
import { deriveSeed, randomFromSeed, type Conversation, type Random } from '@memtrain/policy';
import * as tf from '@tensorflow/tfjs';
import { lengthBucket, rowBucket } from './bucket.ts';
import type { CompiledCache } from './compiled-cache.ts';
import type { LanguageModelConfiguration } from './configuration.ts';
import type { ParameterSpec } from './parameters.ts';
import { sampleToken } from './sampling.ts';
import { outputHead, rotaryTable, runSequences, runToken } from './transformer.ts';

/** What generation needs to know of the model; `parameters` are the current weights, one view a parameter. */
export interface GenerationContext {
  readonly configuration: LanguageModelConfiguration;
  readonly specs: readonly ParameterSpec[];
  readonly parameters: readonly Float32Array[];
  readonly compiled: CompiledCache;
  readonly endIds: readonly number[];
  readonly compileOptions: CompileOptions;
}

/** One row to be generated. */
export interface GenerationRow {
  readonly prompt: Int32Array;
  readonly seed: number;
  readonly maxTokens: number;
}

interface Prefill {
  /** [P, V] logits after each distinct prompt's last token. */
  readonly logits: Float32Array;
  /** Per layer [P * KV, length, headSize]. */
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
  readonly length: number;
}

/**
 * Samples a completion for every row. Equal prompts are computed once; all rows then decode together, each at its own position,
 * with keys and values kept in typed arrays.
 */
export async function generate(context: GenerationContext, rows: readonly GenerationRow[], temperature: number): Promise<Conversation[]> {
  const { configuration } = context;
  const distinct = new Map<string, number>();
  const prompts: Int32Array[] = [];
  const promptOf = rows.map(({ prompt }) => {
    const key = prompt.join();
    const known = distinct.get(key);
    if (known !== undefined) return known;
    distinct.set(key, prompts.length);
    return prompts.push(prompt) - 1;
  });
  const prefill = await runPrefill(context, prompts);

  const V = configuration.vocabularySize;
  const states = rows.map((row): RowState => ({
    ...row,
    random: randomFromSeed(deriveSeed(row.seed, 'sample')),
    tokens: [],
    logprobs: [],
    ended: false,
  }));
  const take = (row: number, logits: Float32Array, at: number): void => {
    const state = states[row]!;
    const { token, logprob } = sampleToken(logits, at * V, V, { temperature, uniform: temperature > 0 ? state.random.float() : 0 });
    state.tokens.push(token);
    state.logprobs.push(logprob);
    state.ended = context.endIds.includes(token);
  };
  for (let row = 0; row < rows.length; row++) take(row, prefill.logits, promptOf[row]!);
  await decode(context, states, promptOf, prefill, take);
  return states.map(({ prompt, tokens, logprobs, ended }) => ({
    prompt,
    completion: Int32Array.from(tokens),
    logprobs: Float32Array.from(logprobs),
    finish: ended ? 'stop' : 'length',
  }));
}

interface RowState extends GenerationRow {
  readonly random: Random;
  readonly tokens: number[];
  readonly logprobs: number[];
  ended: boolean;
}

async function runPrefill(context: GenerationContext, prompts: readonly Int32Array[]): Promise<Prefill> {
  const { configuration, specs } = context;
  const length = lengthBucket(Math.max(...prompts.map((prompt) => prompt.length)));
  const rows = rowBucket(prompts.length);
  const ids = new Int32Array(rows * length);
  const last = new Int32Array(rows);
  for (const [row, prompt] of prompts.entries()) {
    ids.set(prompt, row * length);
    last[row] = row * length + prompt.length - 1;
  }
  const compiled = await context.compiled.get(`prefill ${rows} ${length}`, () =>
    compile(
      (...inputs) => {
        const parameters = Object.fromEntries(specs.map((spec, i) => [spec.name, inputs[i]!]));
        const { hidden, keys, values } = runSequences(configuration, parameters, inputs[specs.length]!);
        return [outputHead(configuration, parameters, tf.gather(hidden, inputs[specs.length + 1]!)), ...keys, ...values];
      },
      [...parameterInputs(specs), { shape: [rows, length], dtype: 'int32' }, { shape: [rows], dtype: 'int32' }],
      context.compileOptions,
    ),
  );
  const [logits, ...cache] = (await compiled.run([...context.parameters, ids, last])) as [Float32Array, ...Float32Array[]];
  return { logits, keys: cache.slice(0, configuration.layers), values: cache.slice(configuration.layers), length };
}

async function decode(
  context: GenerationContext,
  states: readonly RowState[],
  promptOf: readonly number[],
  prefill: Prefill,
  take: (row: number, logits: Float32Array, at: number) => void,
): Promise<void> {
  const { configuration } = context;
  const { keyValueHeads: KV, headSize: S, layers } = configuration;
  let live = unfinished(states);
  if (live.length === 0) return;
  const most = Math.max(...states.map((state) => state.maxTokens));
  const slots = lengthBucket(prefill.length + most - 1);
  const rows = rowBucket(live.length);
  const compiled = await compileDecode(context, rows, slots);
  const half = S / 2;
  const ids = new Int32Array(rows);
  const cosines = new Float32Array(rows * half);
  const sines = new Float32Array(rows * half);
  const bias = new Float32Array(rows * slots).fill(-1e9);
  const caches = Array.from({ length: 2 * layers }, () => new Float32Array(rows * KV * slots * S));
  const table = rotaryTable(
    configuration,
    Array.from({ length: slots + 1 }, (_, position) => position),
  );
  const block = prefill.length * S;
  for (const [place, row] of live.entries()) {
    for (const [c, cache] of caches.entries()) {
      const source = (c < layers ? prefill.keys[c] : prefill.values[c - layers])!;
      for (let head = 0; head < KV; head++) {
        const from = (promptOf[row]! * KV + head) * block;
        cache.set(source.subarray(from, from + block), (place * KV + head) * slots * S);
      }
    }
    bias.fill(0, place * slots, place * slots + states[row]!.prompt.length);
  }
  const places = live; // row of each place; finished places keep computing, unread
  const added: Float32Array[] = Array.from({ length: 2 * layers }, () => new Float32Array(rows * KV * S));
  const logits = new Float32Array(rows * configuration.vocabularySize);
  while (live.length > 0) {
    const slotOf = new Int32Array(rows);
    for (const [place, row] of places.entries()) {
      const state = states[row]!;
      const position = state.prompt.length + state.tokens.length - 1;
      slotOf[place] = position;
      ids[place] = state.tokens[state.tokens.length - 1]!;
      cosines.set(table.cos.subarray(position * half, (position + 1) * half), place * half);
      sines.set(table.sin.subarray(position * half, (position + 1) * half), place * half);
    }
    await compiled.run([...context.parameters, ids, cosines, sines, bias, ...caches], [logits, ...added]);
    for (const [place, row] of places.entries()) {
      const state = states[row]!;
      if (isFinished(state)) continue;
      const slot = slotOf[place]!;
      for (const [c, cache] of caches.entries()) {
        for (let head = 0; head < KV; head++) {
          const from = (place * KV + head) * S;
          cache.set(added[c]!.subarray(from, from + S), ((place * KV + head) * slots + slot) * S);
        }
      }
      bias[place * slots + slot] = 0;
      take(row, logits, place);
    }
    live = unfinished(states);
  }
}

function isFinished(state: RowState): boolean {
  return state.ended || state.tokens.length >= state.maxTokens;
}

function unfinished(states: readonly RowState[]): number[] {
  const rows: number[] = [];
  for (const [row, state] of states.entries()) if (!isFinished(state)) rows.push(row);
  return rows;
}

function compileDecode(context: GenerationContext, rows: number, slots: number): Promise<CompiledFunction> {
  const { configuration, specs } = context;
  const { keyValueHeads: KV, headSize: S, layers } = configuration;
  const cache: TensorSpec = { shape: [rows * KV, slots, S], dtype: 'float32' };
  return context.compiled.get(`decode ${rows} ${slots}`, () =>
    compile(
      (...inputs) => {
        const parameters = Object.fromEntries(specs.map((spec, i) => [spec.name, inputs[i]!]));
        const [ids, cosines, sines, bias, ...caches] = inputs.slice(specs.length) as [
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          ...tf.Tensor[],
        ];
        const out = runToken(configuration, parameters, {
          ids,
          cosines,
          sines,
          bias,
          keyCaches: caches.slice(0, layers),
          valueCaches: caches.slice(layers),
        });
        return [out.logits, ...out.keys, ...out.values];
      },
      [
        ...parameterInputs(specs),
        { shape: [rows], dtype: 'int32' },
        { shape: [rows, 1, S / 2], dtype: 'float32' },
        { shape: [rows, 1, S / 2], dtype: 'float32' },
        { shape: [rows, 1, slots], dtype: 'float32' },
        ...Array.from({ length: 2 * layers }, () => cache),
      ],
      context.compileOptions,
    ),
  );
}

/** The parameters as the first inputs of a compiled function. */
export function parameterInputs(specs: readonly ParameterSpec[]): TensorSpec[] {
  return specs.map(({ shape }) => ({ shape, dtype: 'float32' }));
}
