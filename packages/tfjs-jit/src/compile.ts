import * as tf from '@tensorflow/tfjs';
import { Tensor } from 'onnxruntime-node';
import { encodeOnnx, isUsed, modelOf } from './encode-onnx.ts';
import { TfjsJitError } from './errors.ts';
import { isEmpty } from './onnx-graph.ts';
import type { Value } from './onnx-graph.ts';
import type { OperatorTime } from './operator-times.ts';
import { saveModel } from './save-graph.ts';
import type { SaveGraphOptions } from './save-graph.ts';
import { openSession } from './session.ts';
import type { SessionOptions } from './session.ts';
import { allocate, asTensorType, checkData, sizeOf, typedDataFrom } from './tensor-spec.ts';
import type { TensorSpec, TypedData } from './tensor-spec.ts';
import { trace } from './trace.ts';
import type { TensorFunction } from './trace.ts';

export type CompileOptions = SessionOptions;

/** A traced function: an ONNX Runtime session with fixed shapes. Free it with `dispose`. */
export interface CompiledFunction {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /**
   * Feeds are used in place (not copied): leave them unchanged until the promise is settled. `into[i]`, when given, is filled with output i in
   * place and returned; others are freshly allocated. An `into[i]` that shares memory with a feed or another output is filled after the run, by a
   * copy: to update state without one, alternate between two sets of buffers. Captured variables are read with the value they have now.
   * Throws `bad-input` for a wrong number, array type or length, or a disposed variable, and `disposed`.
   */
  run(inputs: readonly TypedData[], into?: readonly (TypedData | undefined)[]): Promise<TypedData[]>;
  /**
   * The model with all constants in it: a valid .onnx file (opset 18 and com.microsoft 1) with inputs `input_0`, ..., then `variable_0`, ... for
   * captured variables, and outputs `output_0`, .... Made on demand; throws `model-too-large` for 2 GiB of constants or more.
   */
  readonly onnx: Uint8Array;
  /** Writes that model to a file; large constants go to `path.data` beside it. */
  saveGraph(path: string, options?: SaveGraphOptions): Promise<void>;
  /** Ends the recording that the option `profile` started: the time of each operator in all runs so far, the most expensive first. */
  profile(): Promise<OperatorTime[]>;
  dispose(): Promise<void>;
}

/**
 * Traces `fn` once for inputs of the given shapes and compiles what it computed, gradients included, into one ONNX Runtime session. Tensors of
 * outside that `fn` uses become constants; variables become inputs, read at each run. The active tfjs backend is the same before and after, also
 * when this throws: `unsupported-kernel`, `data-dependent-read`, `bad-function`, `provider-unavailable`, or whatever `fn` throws.
 */
export async function compile(fn: TensorFunction, inputs: readonly TensorSpec[], options: CompileOptions = {}): Promise<CompiledFunction> {
  const inputSpecs = inputs.map((spec, index) => checkedSpec(spec, index));
  await tf.ready();
  const traced = trace(fn, inputSpecs, options.executionProvider);
  const whole = modelOf(traced.graph, traced.inputs, traced.outputs);
  const captured = traced.captured.filter(({ value }) => isUsed(whole, value));
  const model = { ...whole, inputs: [...traced.inputs, ...captured.map(({ value }) => value)] };
  const outputSpecs = model.outputs.map((value) => specOf(value, 'an output'));
  const feedSpecs = model.inputs.map((value) => specOf(value, 'an input'));
  const opened = model.outputs.every(isEmpty) ? undefined : await openSession(model, options);
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
    const all = captured.length === 0 ? feeds : [...feeds, ...(await Promise.all(captured.map(({ variable }) => currentData(variable))))];
    for (const [index, given] of into.entries()) {
      if (given !== undefined) checkData(given, outputSpecs[index] as TensorSpec, `the buffer for output ${index}`);
    }
    // Written while the session reads, a buffer that is shared would change its own inputs.
    const fetched = into.map((given, index) =>
      given === undefined || [...all, ...into.slice(0, index)].some((other) => other !== undefined && overlaps(given, other))
        ? undefined
        : given,
    );
    const results = (await opened?.session.run(bind(model.inputs, feedSpecs, all), fetches(model.outputs, outputSpecs, fetched))) ?? {};
    return model.outputs.map((value, index) => {
      const made = results[value.name]?.data as TypedData | undefined;
      const given = into[index];
      if (given === undefined) return made ?? allocate(outputSpecs[index] as TensorSpec);
      if (fetched[index] === undefined && made !== undefined) given.set(made);
      return given;
    });
  };

  return {
    inputs: inputSpecs,
    outputs: outputSpecs,
    run,
    get onnx() {
      return encodeOnnx(model);
    },
    saveGraph: (path, saveOptions = {}) => saveModel(model, path, saveOptions),
    profile: async () => (await opened?.endProfile()) ?? [],
    dispose: async () => {
      if (disposed) return;
      disposed = true;
      await opened?.endProfile();
      await opened?.session.release();
    },
  };
}

async function currentData(variable: tf.Variable): Promise<TypedData> {
  if (variable.isDisposed)
    throw new TfjsJitError('bad-input', `the variable ${variable.name}, which the compiled function uses, was disposed of`);
  return typedDataFrom(await variable.data(), asTensorType(variable.dtype, `the variable ${variable.name}`));
}

function specOf({ shape, type }: Value, where: string): TensorSpec {
  return { shape, dtype: asTensorType(type, where) };
}

/** Values without elements are no part of the model. */
function bind(values: readonly Value[], specs: readonly TensorSpec[], data: readonly TypedData[]): Record<string, Tensor> {
  return Object.fromEntries(
    values.flatMap((value, index) => {
      const [spec, array] = [specs[index], data[index]];
      return isEmpty(value) || spec === undefined || array === undefined ? [] : [[value.name, new Tensor(spec.dtype, array, spec.shape)]];
    }),
  );
}

/** Null lets ONNX Runtime make the array: the binding copies every output out, also what it has already written into a given one. */
function fetches(
  values: readonly Value[],
  specs: readonly TensorSpec[],
  into: readonly (TypedData | undefined)[],
): Record<string, Tensor | null> {
  return Object.fromEntries(
    values.flatMap((value, index) => {
      const [spec, array] = [specs[index] as TensorSpec, into[index]];
      return isEmpty(value) ? [] : [[value.name, array === undefined ? null : new Tensor(spec.dtype, array, spec.shape)]];
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
