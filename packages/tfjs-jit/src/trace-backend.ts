import * as tf from '@tensorflow/tfjs';
import { TfjsJitError } from './errors.ts';
import { kernelTables } from './kernels/tables.ts';
import type { Kernel } from './kernels/kernel.ts';
import { addInitializer, createGraph, uniform } from './onnx-graph.ts';
import type { Graph, Value } from './onnx-graph.ts';
import { asTensorType, sizeOf, typedDataFrom } from './tensor-spec.ts';

/** The name under which kernels are registered; a backend of this name exists only while a function is traced. */
export const backendName = 'tfjs-jit';

/** A uniform constant of at least this many elements is expressed, not stored. */
const smallestExpressed = 8;

/** A tfjs backend that computes nothing: its tensors stand for values of an ONNX graph. */
export class TraceBackend extends tf.KernelBackend {
  readonly graph: Graph = createGraph();
  private readonly values = new WeakMap<object, Value>();
  private readonly constants = new WeakMap<object, tf.BackendValues>();

  /** A new tfjs data id that stands for `value`. */
  hold(value: Value): tf.TensorInfo {
    const dataId = {};
    this.values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: asTensorType(value.type, 'a traced value') };
  }

  /** The value that a tensor stands for; a tensor of another backend is read and becomes a constant. */
  valueFor(info: tf.TensorInfo): Value {
    const known = this.values.get(info.dataId);
    if (known !== undefined) return known;
    const captured = this.constant(tf.engine().readSync(info.dataId), info.shape, info.dtype);
    this.values.set(info.dataId, captured);
    return captured;
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const info = this.hold(this.constant(values, shape, dtype));
    this.constants.set(info.dataId, values);
    return info.dataId;
  }

  override move(dataId: tf.DataId, values: tf.BackendValues, shape: number[], dtype: tf.DataType): void {
    this.values.set(dataId, this.constant(values, shape, dtype));
    this.constants.set(dataId, values);
  }

  /** Only what was written as a constant can be read: everything else has no value yet. */
  override readSync(dataId: object): tf.BackendValues {
    const values = this.constants.get(dataId);
    if (values !== undefined) return values;
    throw new TfjsJitError(
      'data-dependent-read',
      'the traced function read a tensor (dataSync, arraySync, data, print, or an operation whose shape depends on data), but tensors have no values ' +
        'while a function is traced, nor after it; compute with tensor operations only, and return what you want to read',
    );
  }

  override read(dataId: object): Promise<tf.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override disposeData(): boolean {
    return true;
  }

  override incRef(): void {}

  override refCount(): number {
    return 1;
  }

  override numDataIds(): number {
    return 0;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override dispose(): void {}

  private constant(values: tf.BackendValues, shape: readonly number[], dtype: string): Value {
    const type = asTensorType(dtype, 'a constant');
    const data = typedDataFrom(values as ArrayLike<number>, type);
    const size = sizeOf(shape);
    const first = data[0];
    if (first !== undefined && size >= smallestExpressed && data.every((number) => Object.is(number, first))) {
      return uniform(this.graph, shape, first, type);
    }
    return addInitializer(this.graph, data, { shape, type });
  }
}

/** Registers the kernels with tfjs, once per process: tfjs keeps one registry of kernels for all backends. */
export function registerKernels(): void {
  for (const table of kernelTables) {
    for (const [kernelName, kernel] of Object.entries(table)) {
      if (tf.getKernel(kernelName, backendName) != null) continue;
      tf.registerKernel({ kernelName, backendName, kernelFunc: kernelFunction(kernelName, kernel) });
    }
  }
}

function kernelFunction(name: string, kernel: Kernel): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const tracer = backend as TraceBackend;
    const optional = (key: string): Value | undefined => {
      const info = inputs[key];
      return info == null ? undefined : tracer.valueFor(info);
    };
    const result = kernel({
      graph: tracer.graph,
      name,
      optional,
      input: (key) => {
        const value = optional(key);
        if (value === undefined) throw new TfjsJitError('bad-function', `kernel ${name} was called without its input ${key}`);
        return value;
      },
      get inputs() {
        return Object.keys(inputs).flatMap((key) => optional(key) ?? []);
      },
      attributes: attrs,
    });
    return Array.isArray(result) ? result.map((value) => tracer.hold(value)) : tracer.hold(result);
  };
}
