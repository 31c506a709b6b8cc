import * as tf from '@tensorflow/tfjs';
import { compile } from './compile.ts';
import type { CompiledFunction, CompileOptions } from './compile.ts';
import { TfjsJitError } from './errors.ts';
import { asTensorType, typedDataFrom } from './tensor-spec.ts';
import type { TensorSpec } from './tensor-spec.ts';
import { flattenTree } from './tensor-tree.ts';
import type { FlatTree, TensorTree } from './tensor-tree.ts';

export interface JitOptions extends CompileOptions {
  /** How many compiled versions are kept, the least recently used is dropped first (default 16). */
  readonly cacheSize?: number;
}

/** A function over real tensors that runs compiled. */
export interface JittedFunction<Arguments extends readonly unknown[], Result> {
  /** Compiles on the first call with these shapes, runs, and returns new tensors on the active backend: dispose of them as of any tensor. */
  (...inputs: Arguments): Promise<Result>;
  /** How many compiled versions are held now. */
  readonly size: number;
  /** Frees all compiled versions, after the calls that are under way; later calls throw `disposed`. */
  dispose(): Promise<void>;
}

interface Entry {
  readonly compiled: Promise<CompiledFunction>;
  rebuild: FlatTree['rebuild'];
  running: number;
  dropped: boolean;
}

/**
 * Wraps a synchronous function from tensors to tensors, given singly or in arrays and plain objects. It is traced and compiled once for each
 * signature: shapes, types and structure of the arguments, and the value of every argument that is not a tensor. Throws what `compile` throws.
 */
export function jit<Arguments extends readonly TensorTree[], Result extends TensorTree>(
  fn: (...inputs: Arguments) => Result,
  options: JitOptions = {},
): JittedFunction<Arguments, Result> {
  const { cacheSize = 16, ...compileOptions } = options;
  if (!Number.isSafeInteger(cacheSize) || cacheSize < 1) {
    throw new TfjsJitError('bad-input', `cacheSize is ${cacheSize}; it must be an integer of 1 or more`);
  }
  // In order of last use.
  const entries = new Map<string, Entry>();
  const pending = new Set<Promise<unknown>>();
  let disposed = false;

  const begin = (flat: FlatTree): Entry => {
    const entry: Entry = { compiled: Promise.resolve(undefined as never), rebuild: () => undefined, running: 0, dropped: false };
    const traced = (...tensors: tf.Tensor[]): tf.Tensor[] => {
      const result = flattenTree(fn(...(flat.rebuild(tensors) as unknown as Arguments)), 'the result');
      entry.rebuild = result.rebuild;
      return [...result.tensors];
    };
    const compiled = compile(traced, flat.tensors.map(specOf), compileOptions);
    // Awaited by the call, unless reading its arguments fails first.
    compiled.catch(() => undefined);
    return Object.assign(entry, { compiled });
  };

  const entryFor = (flat: FlatTree): Entry => {
    const entry = entries.get(flat.signature) ?? begin(flat);
    entries.delete(flat.signature);
    entries.set(flat.signature, entry);
    for (const [signature, oldest] of entries) {
      if (entries.size <= cacheSize) break;
      entries.delete(signature);
      drop(oldest);
    }
    return entry;
  };

  const call = async (inputs: Arguments): Promise<Result> => {
    if (disposed) throw new TfjsJitError('disposed', 'this jitted function was disposed; wrap it again');
    const flat = flattenTree(inputs, 'the arguments');
    const entry = entryFor(flat);
    entry.running += 1;
    try {
      const data = await Promise.all(flat.tensors.map(async (tensor) => typedDataFrom(await tensor.data(), specOf(tensor).dtype)));
      const compiled = await entry.compiled;
      const outputs = await compiled.run(data);
      const tensors = outputs.map((values, index) => {
        const { shape, dtype } = compiled.outputs[index] as TensorSpec;
        return tf.tensor(values, [...shape], dtype);
      });
      return entry.rebuild(tensors) as Result;
    } catch (error) {
      // What could not be compiled is not kept: the next call tries again.
      if (entries.get(flat.signature) === entry && (await failed(entry))) entries.delete(flat.signature);
      throw error;
    } finally {
      entry.running -= 1;
      if (entry.dropped && entry.running === 0) await free(entry);
    }
  };

  const jitted = async (...inputs: Arguments): Promise<Result> => {
    const result = call(inputs);
    pending.add(result);
    try {
      return await result;
    } finally {
      pending.delete(result);
    }
  };
  const dispose = async (): Promise<void> => {
    disposed = true;
    await Promise.allSettled(pending);
    const all = [...entries.values()];
    entries.clear();
    await Promise.all(all.map(free));
  };
  return Object.defineProperty(Object.assign(jitted, { dispose }), 'size', { get: () => entries.size }) as JittedFunction<
    Arguments,
    Result
  >;
}

function specOf(tensor: tf.Tensor): TensorSpec {
  return { shape: tensor.shape, dtype: asTensorType(tensor.dtype, 'an argument') };
}

function drop(entry: Entry): void {
  entry.dropped = true;
  if (entry.running === 0) void free(entry);
}

async function failed(entry: Entry): Promise<boolean> {
  const [result] = await Promise.allSettled([entry.compiled]);
  return result.status === 'rejected';
}

async function free(entry: Entry): Promise<void> {
  const [result] = await Promise.allSettled([entry.compiled]);
  if (result.status === 'fulfilled') await result.value.dispose();
}
