import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wordTokenizer, type Datum, type Tokenizer } from '@memtrain/policy';
import { readSafetensors, type LanguageModel, type NamedTensor } from '../src/index.ts';

/** Random-initialised models of every family, with the numbers of transformers and torch: see make-reference.py beside this file. */
export const REFERENCES = [
  'qwen3-tied',
  'qwen3-untied',
  'qwen3-one-to-one',
  'qwen2-tied',
  'qwen2-untied',
  'llama-tied',
  'llama3-scaled',
  'llama3-scaled-one-to-one',
] as const;

/** Adapters that PEFT wrote, over some of these models. */
export const ADAPTERS = ['lora-qwen3', 'lora-qwen2', 'lora-llama3'] as const;

/** expected.json of a reference folder. */
export interface Expected {
  /** Of an adapter: the model it belongs to. */
  readonly base?: string;
  readonly rows: number[][];
  readonly completionStart: number[];
  readonly endIds: number[];
  readonly greedy: number[][];
  readonly loss: number;
  readonly adamw: { options: { learningRate: number; weightDecay: number }; losses: number[]; lossAfter: number };
}

export interface Reference {
  readonly folder: string;
  readonly expected: Expected;
  /** expected.safetensors of the folder. */
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  /** The rows, cut into prompt and completion. */
  readonly data: Datum[];
  readonly tokenizer: Tokenizer;
}

export function dataFolder(name: string): string {
  return join(dirname(fileURLToPath(import.meta.url)), 'data', name);
}

export async function readReference(name: string): Promise<Reference> {
  const folder = dataFolder(name);
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected;
  const words = wordTokenizer(['<pad>', '<eos>', ...Array.from({ length: 62 }, (_, i) => `w${i}`)]);
  return {
    folder,
    expected,
    tensors: (await readSafetensors(join(folder, 'expected.safetensors'))).tensors,
    data: expected.rows.map((row, i) => cutRow(row, expected.completionStart[i]!)),
    tokenizer: { ...words, endIds: expected.endIds, decode: (ids) => Array.from(ids).join(' ') },
  };
}

/** What the model says greedily after each row's beginning, as `expected.greedy` has it. */
export async function greedyTokens(model: LanguageModel, { rows }: Expected): Promise<number[][]> {
  const requests = rows.map((row) => ({ prompt: Int32Array.from(row.slice(0, -1)), seed: 0 }));
  const said: number[][] = [];
  for await (const result of (await model.model()).complete(requests, { maxTokens: 12, temperature: 0 })) {
    if ('conversation' in result) said[result.index] = [...result.conversation!.completion];
  }
  return said;
}

/** A row of token ids as a datum whose completion begins at `start`. */
export function cutRow(row: readonly number[], start: number): Datum {
  return {
    prompt: Int32Array.from(row.slice(0, start)),
    completion: Int32Array.from(row.slice(start)),
    logprobs: new Float32Array(row.length - start),
    finish: 'stop',
    advantage: 0,
    weight: 1,
  };
}

export function norm(values: ArrayLike<number>): number {
  return Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
}

/** Norm of the difference, relative to the norm of what is expected. */
export function difference(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (values.length !== expected.length) return Number.POSITIVE_INFINITY;
  return norm(Array.from(values, (value, i) => value - expected[i]!)) / norm(expected);
}
