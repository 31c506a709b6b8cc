import * as tf from '@tensorflow/tfjs';
import type { TensorFunction, TensorSpec, TypedData } from '@memtrain/tfjs-jit';
import { LanguageModelError } from '../errors.ts';
import type { CompiledFunction, Executor } from '../executor.ts';

/**
 * Runs functions as they are, operation by operation, on a tfjs backend that is registered and initialised. Nothing is compiled, so threads and
 * other options do not apply. The active backend is the same before and after every run. `run` throws `unsupported-kernel` for an operation that
 * the backend does not have.
 */
export function eagerExecutor(backend: string): Executor {
  return {
    name: backend,
    compile: async (fn, specs) => {
      if (tf.engine().registry[backend] === undefined) {
        throw new LanguageModelError('missing-executor', `no tfjs backend ${backend} is initialised: open it with openExecutor`);
      }
      return eagerFunction(backend, fn, specs);
    },
  };
}

function eagerFunction(backend: string, fn: TensorFunction, specs: readonly TensorSpec[]): CompiledFunction {
  let outputs: readonly TensorSpec[] | undefined;
  let disposed = false;
  const compute = (feeds: readonly TypedData[], into: readonly (TypedData | undefined)[]): TypedData[] => {
    if (disposed) throw new LanguageModelError('disposed', 'this function was disposed: compile it again');
    const results = evaluate(backend, fn, specs, feeds);
    outputs = results.map(({ spec }) => spec);
    // Only now, when everything is computed, may outputs be written into memory that feeds share.
    return results.map(({ data, spec }, index) => {
      const target = into[index];
      if (!target) return data;
      if (target.length !== data.length) {
        throw new LanguageModelError(
          'wrong-shape',
          `output ${index} has shape [${spec.shape.join()}], the buffer for it ${target.length} values`,
        );
      }
      target.set(data);
      return target;
    });
  };
  return {
    inputs: specs,
    // Known only from a run: nothing is traced.
    get outputs() {
      if (!outputs) compute(specs.map(zeros), []);
      return outputs!;
    },
    run: async (feeds, into = []) => compute(feeds, into),
    dispose: async () => {
      disposed = true;
    },
  };
}

interface Result {
  readonly spec: TensorSpec;
  /** A copy: a backend may hand out memory that it shares with a feed or a constant. */
  readonly data: TypedData;
}

/** Synchronous from one switch of backends to the other, so no other code sees the switch. */
function evaluate(backend: string, fn: TensorFunction, specs: readonly TensorSpec[], feeds: readonly TypedData[]): Result[] {
  const before = tf.getBackend();
  let results: Result[] = [];
  activate(backend);
  try {
    // Nothing is returned through tidy: it would look for tensors in every element of the data.
    tf.tidy(() => {
      const first = tf.scalar(0).id;
      const tensors = specs.map((spec, index) => tf.tensor(checked(feeds[index], spec, index), [...spec.shape], spec.dtype));
      const returned = fn(...tensors);
      const list = returned instanceof tf.Tensor ? [returned] : returned;
      results = list.map((tensor) => ({
        spec: { shape: tensor.shape, dtype: tensor.dtype as TensorSpec['dtype'] },
        data: tensor.dataSync().slice() as TypedData,
      }));
      // What the function kept has served once it is read; a constant from outside is not ours to free.
      for (const tensor of list) if (tensor.kept && tensor.id > first) tensor.dispose();
    });
    return results;
  } catch (cause) {
    const kernel = cause instanceof Error ? /kernel '(\w+)' not registered/i.exec(cause.message)?.[1] : undefined;
    if (kernel === undefined) throw cause;
    const message = `the tfjs backend ${backend} has no kernel ${kernel}: use another executor (onnxruntime has all that models need)`;
    throw new LanguageModelError('unsupported-kernel', message, { cause });
  } finally {
    activate(before);
  }
}

/** `setBackend` is async in name only: a backend that is initialised is active when it returns. */
function activate(backend: string): void {
  if (tf.getBackend() !== backend) void tf.setBackend(backend);
}

function checked(feed: TypedData | undefined, { shape, dtype }: TensorSpec, index: number): TypedData {
  const size = tf.util.sizeFromShape([...shape]);
  if (feed?.length === size) return feed;
  throw new LanguageModelError(
    'wrong-shape',
    `input ${index} is ${dtype} [${shape.join()}], but ${feed?.length ?? 'no'} values were given`,
  );
}

function zeros({ shape, dtype }: TensorSpec): TypedData {
  const size = tf.util.sizeFromShape([...shape]);
  if (dtype === 'float32') return new Float32Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}
