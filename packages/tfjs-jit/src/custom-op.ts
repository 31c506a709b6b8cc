import * as tf from '@tensorflow/tfjs';
import { appendOperator } from './kernels/onnx-operator.ts';
import type { OperatorCall } from './kernels/onnx-operator.ts';
import type { Attributes } from './onnx-graph.ts';
import type { TensorSpec } from './tensor-spec.ts';
import { backendName } from './trace-backend.ts';
import type { TraceBackend } from './trace-backend.ts';

export interface OnnxOperatorOptions {
  /** Operator set: '' for ONNX's own (default), 'com.microsoft' for ONNX Runtime's. */
  readonly domain?: '' | 'com.microsoft';
  /** The operator's attributes, e.g. `{ axis: { int: -1 }, epsilon: { float: 1e-6 } }`. */
  readonly attributes?: Attributes;
  /** Shape and type of each output; undefined leaves an output out. They are not checked: a wrong shape fails when the session is made. */
  readonly outputs: readonly (TensorSpec | undefined)[];
  /** Places of the inputs that the operator takes as int64, which tfjs does not have: they are given as int32 and cast. */
  readonly int64?: readonly number[];
  /** Computes the same wanted outputs by tfjs operations; used where the function is not being compiled, or the operator is not right. */
  readonly otherwise: () => readonly tf.Tensor[];
}

const kernelName = 'OnnxOperator';

/**
 * One operator of ONNX or ONNX Runtime as a tfjs operation: a node of the graph while a function is compiled, `otherwise` on every other
 * backend. Returns the outputs that are not left out. It has no gradient: wrap it with `withGradient`. An input may be left out, too.
 */
export function onnxOperator(operator: string, inputs: readonly (tf.Tensor | undefined)[], options: OnnxOperatorOptions): tf.Tensor[] {
  if (tf.getBackend() !== backendName) return [...options.otherwise()];
  const { domain = '', attributes = {}, outputs, int64 = [] } = options;
  if ((tf.backend() as TraceBackend).graph.executionProvider === 'webgpu' && isBadOnWebgpu(operator, outputs.length)) {
    return [...options.otherwise()];
  }
  registerOperatorKernel();
  const call: OperatorCall = { operator, domain, attributes, outputs, int64 };
  const named = Object.fromEntries(inputs.flatMap((input, place) => (input === undefined ? [] : [[`input${place}`, input]])));
  const attrs = { call, count: inputs.length } as unknown as tf.NamedAttrMap;
  return tf.engine().runKernel(kernelName, named, attrs) as unknown as tf.Tensor[];
}

/** ONNX Runtime writes only the first output of normalizations there, and leaves FusedMatMul to the CPU. */
function isBadOnWebgpu(operator: string, outputs: number): boolean {
  return operator === 'FusedMatMul' || (operator.endsWith('LayerNormalization') && outputs > 1);
}

/** Value of a function and the tensors that its gradient needs. */
export interface ForwardResult {
  readonly value: tf.Tensor;
  readonly saved?: readonly tf.Tensor[];
}

/**
 * `forward(...inputs)` with a gradient of its own, by `tf.customGrad`: `gradient` gets the gradient of the value and what `forward` saved, and
 * returns one tensor an input. Operations inside `forward` need no gradients. Tensors without gradient are captured, not given as inputs.
 */
export function withGradient(
  inputs: readonly tf.Tensor[],
  forward: (...inputs: tf.Tensor[]) => ForwardResult,
  gradient: (dy: tf.Tensor, saved: readonly tf.Tensor[]) => readonly tf.Tensor[],
): tf.Tensor {
  const custom = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as (tensors: tf.Tensor[]) => void;
    const { value, saved = [] } = forward(...(args.slice(0, -1) as tf.Tensor[]));
    save([...saved]);
    return { value, gradFunc: (dy: tf.Tensor, kept: tf.Tensor[]) => [...gradient(dy, kept)] };
  });
  return custom(...inputs);
}

/** On first use: it is no kernel of tfjs, so it is in no table of those. */
function registerOperatorKernel(): void {
  if (tf.getKernel(kernelName, backendName) != null) return;
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const tracer = backend as TraceBackend;
      const { call, count } = attrs as unknown as { readonly call: OperatorCall; readonly count: number };
      const values = Array.from({ length: count }, (_, place) => {
        const info = inputs[`input${place}`];
        return info == null ? undefined : tracer.valueFor(info);
      });
      return appendOperator(tracer.graph, call, values).map((value) => tracer.hold(value));
    },
  });
}
