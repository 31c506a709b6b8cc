import * as tf from '@tensorflow/tfjs';
import { compile } from './compile.ts';
import type { CompiledFunction, CompileOptions } from './compile.ts';
import { TfjsJitError } from './errors.ts';
import { sumTimes } from './operator-times.ts';
import type { OperatorTime } from './operator-times.ts';
import { arrayTypeOf, asTensorType, sizeOf, typedDataFrom } from './tensor-spec.ts';
import type { TensorSpec, TypedData } from './tensor-spec.ts';
import { flattenTree } from './tensor-tree.ts';
import type { FlatTree, TensorTree } from './tensor-tree.ts';

export interface JitOptions extends CompileOptions {
  /** How many compiled versions are kept, the least recently used is dropped first (default 16). */
  readonly cacheSize?: number;
  /**
   * Places of arguments that a call takes over: their tensors are disposed of, and their memory holds results of the same type and size in a later
   * call. Parameters and optimizer state are so updated without a copy. A typed array that was read from such a tensor changes then.
   */
  readonly donate?: readonly number[];
}

/** A function over real tensors that runs compiled. */
export interface JittedFunction<Arguments extends readonly unknown[], Result> {
  /** Compiles on the first call with these shapes, runs, and returns new tensors on the active backend: dispose of them as of any tensor. */
  (...inputs: Arguments): Promise<Result>;
  /** How many compiled versions are held now. */
  readonly size: number;
  /** Writes the version for these arguments as an .onnx file, without running it; see CompiledFunction. */
  saveGraph(path: string, ...inputs: Arguments): Promise<void>;
  /** With the option `profile`: the time by operator in all runs of the versions now held. Ends the recording. */
  profile(): Promise<OperatorTime[]>;
  /** Frees all compiled versions, after the calls that are under way; later calls throw `disposed`. */
  dispose(): Promise<void>;
}

interface Entry {
  readonly compiled: Promise<CompiledFunction>;
  rebuild: FlatTree['rebuild'];
  /** Memory of donated tensors. */
  readonly spares: TypedData[];
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
  const { cacheSize = 16, donate = [], ...compileOptions } = options;
  if (!Number.isSafeInteger(cacheSize) || cacheSize < 1) {
    throw new TfjsJitError('bad-input', `cacheSize is ${cacheSize}; it must be an integer of 1 or more`);
  }
  // In order of last use.
  const entries = new Map<string, Entry>();
  const pending = new Set<Promise<unknown>>();
  let disposed = false;

  const begin = (flat: FlatTree): Entry => {
    const entry: Entry = {
      compiled: Promise.resolve(undefined as never),
      rebuild: () => undefined,
      spares: [],
      running: 0,
      dropped: false,
    };
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

  const use = async <Value>(inputs: Arguments, then: (entry: Entry, flat: FlatTree) => Promise<Value>): Promise<Value> => {
    if (disposed) throw new TfjsJitError('disposed', 'this jitted function was disposed; wrap it again');
    const flat = flattenTree(inputs, 'the arguments');
    const entry = entryFor(flat);
    entry.running += 1;
    try {
      return await then(entry, flat);
    } catch (error) {
      // What could not be compiled is not kept: the next call tries again.
      if (entries.get(flat.signature) === entry && (await failed(entry))) entries.delete(flat.signature);
      throw error;
    } finally {
      entry.running -= 1;
      if (entry.dropped && entry.running === 0) await free(entry);
    }
  };

  const call = (inputs: Arguments): Promise<Result> => {
    const given = donate.flatMap((place) => flattenTree(inputs[place], `arguments[${place}]`).tensors);
    if (given.some((tensor) => tensor instanceof tf.Variable)) {
      throw new TfjsJitError('bad-input', 'a variable cannot be donated; pass a tensor, or assign the result to the variable');
    }
    return use(inputs, async (entry, flat) => {
      const data = await Promise.all(flat.tensors.map(async (tensor) => typedDataFrom(await tensor.data(), specOf(tensor).dtype)));
      const compiled = await entry.compiled;
      const outputs = await compiled.run(
        data,
        compiled.outputs.map((spec) => takeSpare(entry.spares, spec)),
      );
      const taken = new Set(given);
      for (const [index, tensor] of flat.tensors.entries()) {
        if (taken.delete(tensor)) release(tensor, data[index] as TypedData, entry.spares, compiled.outputs);
      }
      const tensors = outputs.map((values, index) => {
        const { shape, dtype } = compiled.outputs[index] as TensorSpec;
        return tf.tensor(values, [...shape], dtype);
      });
      return entry.rebuild(tensors) as Result;
    });
  };

  const awaited = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    const result = (async () => work())();
    pending.add(result);
    try {
      return await result;
    } finally {
      pending.delete(result);
    }
  };
  const jitted = (...inputs: Arguments): Promise<Result> => awaited(() => call(inputs));
  const saveGraph = (path: string, ...inputs: Arguments): Promise<void> =>
    awaited(() => use(inputs, async ({ compiled }) => (await compiled).saveGraph(path)));
  const profile = async (): Promise<OperatorTime[]> => {
    const held = await Promise.allSettled([...entries.values()].map(async ({ compiled }) => (await compiled).profile()));
    return sumTimes(held.flatMap((result) => (result.status === 'fulfilled' ? result.value : [])));
  };
  const dispose = async (): Promise<void> => {
    disposed = true;
    await Promise.allSettled(pending);
    const all = [...entries.values()];
    entries.clear();
    await Promise.all(all.map(free));
  };
  return Object.defineProperty(Object.assign(jitted, { dispose, profile, saveGraph }), 'size', {
    get: () => entries.size,
  }) as JittedFunction<Arguments, Result>;
}

function takeSpare(spares: TypedData[], spec: TensorSpec): TypedData | undefined {
  const size = sizeOf(spec.shape);
  const index = spares.findIndex((spare) => spare.length === size && arrayTypeOf(spare) === spec.dtype);
  return index < 0 || size === 0 ? undefined : spares.splice(index, 1)[0];
}

/** Disposes of a donated tensor, and keeps its memory for an output that needs such, unless another tensor shares it. */
function release(tensor: tf.Tensor, data: TypedData, spares: TypedData[], outputs: readonly TensorSpec[]): void {
  const backend = tf.engine().state.tensorInfo.get(tensor.dataId)?.backend;
  const own = backend?.refCount(tensor.dataId) === 1;
  tensor.dispose();
  const alike = (spare: TypedData): boolean => spare.length === data.length && arrayTypeOf(spare) === arrayTypeOf(data);
  const needed = outputs.filter((spec) => spec.dtype === arrayTypeOf(data) && sizeOf(spec.shape) === data.length).length;
  if (own && spares.filter(alike).length < needed) spares.push(data);
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
