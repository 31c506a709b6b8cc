import * as tf from '@tensorflow/tfjs';
import { TfjsJitError } from './errors.ts';
import { holdVariables } from './hold-variables.ts';
import type { ExecutionProvider, Graph, Value } from './onnx-graph.ts';
import { addInitializer, isEmpty } from './onnx-graph.ts';
import { allocate } from './tensor-spec.ts';
import type { TensorSpec } from './tensor-spec.ts';
import { backendName, registerKernels, TraceBackend } from './trace-backend.ts';
import type { Capture } from './trace-backend.ts';

/** What can be traced: a synchronous function from tensors to a tensor or a list of tensors. */
export type TensorFunction = (...inputs: tf.Tensor[]) => tf.Tensor | readonly tf.Tensor[];

export interface Trace {
  readonly graph: Graph;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Variables of outside that the function used: further inputs. */
  readonly captured: readonly Capture[];
}

/**
 * Runs `fn` once on tensors without values and records its kernels. Synchronous from the switch to the tracing backend to the switch back, so two
 * traces can never interleave and no other code sees the tracing backend. A tfjs backend must be active before.
 */
export function trace(fn: TensorFunction, specs: readonly TensorSpec[], executionProvider: ExecutionProvider = 'cpu'): Trace {
  const before = tf.getBackend();
  registerKernels();
  const held = holdVariables();
  const backend = new TraceBackend(held.variables, executionProvider);
  tf.registerBackend(backendName, () => backend, 0);
  try {
    // setBackend is async in name only: a backend whose factory is synchronous is active when it returns.
    void tf.setBackend(backendName);
    return traceOn(backend, fn, specs);
  } catch (error) {
    throw explained(error);
  } finally {
    void tf.setBackend(before);
    tf.removeBackend(backendName);
    held.release();
  }
}

function traceOn(backend: TraceBackend, fn: TensorFunction, specs: readonly TensorSpec[]): Trace {
  const { graph } = backend;
  const inputs = specs.map((spec, index): Value => ({ name: `input_${index}`, shape: [...spec.shape], type: spec.dtype }));
  let outputs: Value[] = [];
  tf.tidy(() => {
    const tensors = inputs.map((input, index) => {
      // An input without elements is a constant: it is never fed.
      const value = isEmpty(input) ? addInitializer(graph, allocate(specs[index] as TensorSpec), input) : input;
      return tf.engine().makeTensorFromTensorInfo(backend.hold(value));
    });
    outputs = outputTensors(backend, fn(...tensors)).map((tensor) => backend.valueFor(tensor));
  });
  return { graph, inputs, outputs, captured: backend.captured };
}

function outputTensors(backend: TraceBackend, returned: unknown): tf.Tensor[] {
  const list: readonly unknown[] = Array.isArray(returned) ? returned : [returned];
  return list.map((item, index) => {
    if (item instanceof tf.Tensor) return item;
    // What it was about to read is refused: nobody else waits for that.
    if (item instanceof Promise) item.catch(() => undefined);
    if (item instanceof Promise && backend.refusedRead) throw backend.refusedRead;
    const problem =
      item instanceof Promise ? 'is asynchronous; only synchronous functions can be traced' : `returned ${typeof item} as output ${index}`;
    throw new TfjsJitError('bad-function', `the traced function ${problem}; return a tensor or an array of tensors`);
  });
}

/** tfjs reports a missing kernel by a plain Error. */
function explained(error: unknown): unknown {
  const kernel = error instanceof Error ? /kernel '(\w+)' (?:not registered )?for backend 'tfjs-jit'/i.exec(error.message)?.[1] : undefined;
  if (kernel === undefined) return error;
  return new TfjsJitError(
    'unsupported-kernel',
    `the traced function uses the tfjs kernel ${kernel}, which cannot be compiled; compute it outside, or from other operations`,
    { cause: error },
  );
}
