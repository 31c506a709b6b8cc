import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AdamState } from './adamw.ts';
import { LanguageModelError } from './errors.ts';
import { writeSafetensors } from './safetensors.ts';
import { readTensors } from './tensor-files.ts';

const OPTIMIZER_FILE = 'optimizer.safetensors';

/** What AdamW remembers of every trained number, and the number of steps taken. */
export interface OptimizerState {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly step: number;
}

/** The state before the first step. */
export function freshOptimizer(size: number): OptimizerState {
  return { first: new Float32Array(size), second: new Float32Array(size), step: 0 };
}

/** Writes the optimizer's state into a folder. */
export async function writeOptimizer(folder: string, { first, second }: Omit<AdamState, 'parameters'>, step: number): Promise<void> {
  const shape = [first.length];
  const moments = new Map([
    ['first', { shape, data: first }],
    ['second', { shape, data: second }],
  ]);
  await writeSafetensors(join(folder, OPTIMIZER_FILE), moments, { metadata: { step: String(step) } });
}

/** The optimizer's state in a folder for `size` trained numbers; undefined where the folder has none, as a plain model folder. */
export async function readOptimizer(folder: string, size: number): Promise<OptimizerState | undefined> {
  const path = join(folder, OPTIMIZER_FILE);
  if (!existsSync(path)) return undefined;
  const specs = ['first', 'second'].map((name, i) => ({ name, shape: [size], offset: i * size, size }));
  const { data, metadata } = await readTensors([path], specs);
  const step = Number(metadata['step']);
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new LanguageModelError(
      'bad-checkpoint',
      `${path}: the metadata's step is ${JSON.stringify(metadata['step'])}, not a number of steps`,
    );
  }
  return { first: data.subarray(0, size), second: data.subarray(size), step };
}
