import * as tf from '@tensorflow/tfjs';
import { TfjsJitError } from './errors.ts';
import { refusedKernels } from './kernels/refused.ts';
import { kernelTables } from './kernels/tables.ts';
import type { Kernel } from './kernels/kernel.ts';
import { addInitializer, createGraph, reshape, uniform } from './onnx-graph.ts';
import type { ExecutionProvider, Graph, Value } from './onnx-graph.ts';
import { asTensorType, sizeOf, typedDataFrom } from './tensor-spec.ts';

/** The name under which kernels are registered; a backend of this name exists only while a function is traced. */
export const backendName = 'tfjs-jit';

/** A uniform constant of at least this many elements is expressed, not stored. */
const smallestExpressed = 8;

export interface Capture {
  readonly variable: tf.Variable;
  readonly value: Value;
}

/** A tfjs backend that computes nothing: its tensors stand for values of an ONNX graph. */
export class TraceBackend extends tf.KernelBackend {
  readonly graph: Graph;
  private readonly values = new WeakMap<object, Value>();
  private readonly constants = new WeakMap<object, tf.BackendValues>();
  private readonly variables: ReadonlyMap<tf.DataId, tf.Variable>;
  /** The variables that were used, in order, each with the input that stands for it. */
  readonly captured: Capture[] = [];
  /** The first read that was refused: a function that awaited it tells nobody. */
  refusedRead: TfjsJitError | undefined;

  constructor(variables: ReadonlyMap<tf.DataId, tf.Variable>, executionProvider: ExecutionProvider) {
    super();
    this.graph = createGraph(executionProvider);
    this.variables = variables;
  }

  /** A new tfjs data id that stands for `value`. */
  hold(value: Value): tf.TensorInfo {
    const dataId = {};
    this.values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: asTensorType(value.type, 'a traced value') };
  }

  /** The value that a tensor stands for; a variable becomes an input, another tensor of another backend is read and becomes a constant. */
  valueFor(info: tf.TensorInfo): Value {
    const known = this.values.get(info.dataId);
    // Tensors of outside may share their data and have other shapes.
    if (known !== undefined) return reshape(this.graph, known, info.shape);
    const variable = this.variables.get(info.dataId);
    const value =
      variable === undefined || variable.size === 0
        ? this.constant(tf.engine().readSync(info.dataId), info.shape, info.dtype)
        : this.capture(variable);
    this.values.set(info.dataId, value);
    return reshape(this.graph, value, info.shape);
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
    const refusal = new TfjsJitError(
      'data-dependent-read',
      `the traced function read a tensor${currentCall(' in ')} (dataSync, arraySync, data, print, or an operation whose shape depends on data), but ` +
        'tensors have no values while a function is traced, nor after it; compute with tensor operations only, and return what you want to read',
    );
    this.refusedRead ??= refusal;
    throw refusal;
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

  private capture(variable: tf.Variable): Value {
    const value = {
      name: `variable_${this.captured.length}`,
      shape: variable.shape,
      type: asTensorType(variable.dtype, 'a captured variable'),
    };
    this.captured.push({ variable, value });
    return value;
  }

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
  for (const [kernelName, reason] of Object.entries(refusedKernels)) {
    if (tf.getKernel(kernelName, backendName) != null) continue;
    tf.registerKernel({ kernelName, backendName, kernelFunc: refused(kernelName, reason) });
  }
}

/** The tfjs function that the traced function called, when one is running: tfjs opens a scope of its name, but for asynchronous ones. */
function currentCall(before: string): string {
  const { scopeStack } = tf.engine().state as unknown as { readonly scopeStack: readonly { readonly name?: string }[] };
  const scopes = scopeStack.map((scope) => /^(\w+?)_*__op$/.exec(scope.name ?? '')?.[1]);
  const name = scopes.find((found) => found !== undefined) ?? asynchronousCall();
  return name === undefined ? '' : `${before}tf's ${name}`;
}

/** The outermost of tfjs's asynchronous operations on the stack, as in `at booleanMaskAsync_ (`. */
function asynchronousCall(): string | undefined {
  return [...(new Error().stack ?? '').matchAll(/ at (?:\S+\.)?(\w+Async)_ /g)].at(-1)?.[1];
}

function refused(name: string, reason: string): tf.KernelFunc {
  return () => {
    throw new TfjsJitError('unsupported-kernel', `kernel ${name}${currentCall(', called by ')}, cannot be compiled: ${reason}`);
  };
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
      constant: (key) => Array.from(tf.engine().readSync((inputs[key] as tf.TensorInfo).dataId) as ArrayLike<number>),
      get inputs() {
        return Object.keys(inputs).flatMap((key) => optional(key) ?? []);
      },
      attributes: attrs,
    });
    return Array.isArray(result) ? result.map((value) => tracer.hold(value)) : tracer.hold(result);
  };
}
