import * as tf from '@tensorflow/tfjs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeOnnx } from './encode-onnx.ts';
import { TfjsJitError } from './errors.ts';
import { allocate, asTensorType, checkData, sizeOf } from './tensor-spec.ts';
import type { TensorSpec, TypedData } from './tensor-spec.ts';
import { trace } from './trace.ts';
import type { TensorFunction } from './trace.ts';

export interface CompileOptions {
  /** Threads inside one operator; by default ONNX Runtime's own choice (the physical cores). */
  readonly threads?: number;
  /** ONNX Runtime's graph optimization level (default all). */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
}

/** A traced function: an ONNX Runtime session with fixed shapes. Free it with `dispose`. */
export interface CompiledFunction {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /**
   * Feeds are used in place (not copied): leave them unchanged until the promise is settled. `into[i]`, when given, is filled with output i in
   * place and returned; others are freshly allocated. An `into[i]` that shares memory with a feed or another output is filled after the run.
   * Throws `bad-input` for a wrong number, array type or length, and `disposed`.
   */
  run(inputs: readonly TypedData[], into?: readonly (TypedData | undefined)[]): Promise<TypedData[]>;
  /** The model's bytes: a valid .onnx file (opset 18 and com.microsoft 1) with inputs `input_0`, ... and outputs `output_0`, .... */
  readonly onnx: Uint8Array;
  dispose(): Promise<void>;
}

/**
 * Traces `fn` once for inputs of the given shapes and compiles what it computed, gradients included, into one ONNX Runtime session. Tensors of
 * outside that `fn` uses become constants. The active tfjs backend is the same before and after, also when this throws: `unsupported-kernel`,
 * `data-dependent-read`, `bad-function`, `model-too-large`, or whatever `fn` throws.
 */
export async function compile(fn: TensorFunction, inputs: readonly TensorSpec[], options: CompileOptions = {}): Promise<CompiledFunction> {
  const inputSpecs = inputs.map((spec, index) => checkedSpec(spec, index));
  await tf.ready();
  const traced = trace(fn, inputSpecs);
  const { bytes, inputNames, outputNames } = encodeOnnx(traced.graph, traced.inputs, traced.outputs);
  const outputSpecs = traced.outputs.map(({ shape, type }): TensorSpec => ({ shape, dtype: asTensorType(type, 'an output') }));
  const session = outputNames.every((name) => name === undefined) ? undefined : await createSession(bytes, options);
  let disposed = false;

  const run = async (feeds: readonly TypedData[], into: readonly (TypedData | undefined)[] = []): Promise<TypedData[]> => {
    if (disposed) throw new TfjsJitError('disposed', 'this compiled function was disposed; compile it again');
    if (feeds.length !== inputSpecs.length) {
      throw new TfjsJitError('bad-input', `the compiled function takes ${inputSpecs.length} inputs, got ${feeds.length}`);
    }
    if (into.length > outputSpecs.length) {
      throw new TfjsJitError('bad-input', `the compiled function has ${outputSpecs.length} outputs, got ${into.length} buffers for them`);
    }
    for (const [index, spec] of inputSpecs.entries()) checkData(feeds[index], spec, `input ${index}`);
    const buffers = outputSpecs.map((spec, index): TypedData => {
      const given = into[index];
      if (given === undefined) return allocate(spec);
      checkData(given, spec, `the buffer for output ${index}`);
      const shared = [...feeds, ...into.slice(0, index)].some((other) => other !== undefined && overlaps(given, other));
      return shared ? allocate(spec) : given;
    });
    if (session !== undefined) {
      await session.run(bind(inputNames, inputSpecs, feeds), bind(outputNames, outputSpecs, buffers));
    }
    return buffers.map((buffer, index) => {
      const given = into[index];
      if (given !== undefined && given !== buffer) given.set(buffer);
      return given ?? buffer;
    });
  };

  return {
    inputs: inputSpecs,
    outputs: outputSpecs,
    run,
    onnx: bytes,
    dispose: async () => {
      if (disposed) return;
      disposed = true;
      await session?.release();
    },
  };
}

async function createSession(bytes: Uint8Array, { threads, optimization = 'all' }: CompileOptions): Promise<InferenceSession> {
  return InferenceSession.create(bytes, {
    graphOptimizationLevel: optimization,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    // Warnings speak of the optimizer's own doings; errors are thrown.
    logSeverityLevel: 3,
  });
}

function bind(names: readonly (string | undefined)[], specs: readonly TensorSpec[], data: readonly TypedData[]): Record<string, Tensor> {
  return Object.fromEntries(
    names.flatMap((name, index) => {
      const [spec, values] = [specs[index], data[index]];
      return name === undefined || spec === undefined || values === undefined ? [] : [[name, new Tensor(spec.dtype, values, spec.shape)]];
    }),
  );
}

function overlaps(a: TypedData, b: TypedData): boolean {
  return a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
}

function checkedSpec({ shape, dtype }: TensorSpec, index: number): TensorSpec {
  if (!shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0) || !Number.isSafeInteger(sizeOf(shape))) {
    throw new TfjsJitError(
      'bad-input',
      `the shape of input ${index} is [${shape.join(', ')}]; every dimension must be a fixed integer of 0 or more`,
    );
  }
  return { shape: [...shape], dtype: asTensorType(dtype, `input ${index}`) };
}
