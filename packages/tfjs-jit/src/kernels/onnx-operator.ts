import { appendNode, cast, newValue } from '../onnx-graph.ts';
import type { Attributes, Graph, Value } from '../onnx-graph.ts';
import type { TensorSpec } from '../tensor-spec.ts';

/** One ONNX operator as the caller of `onnxOperator` described it. */
export interface OperatorCall {
  readonly operator: string;
  readonly domain: string;
  readonly attributes: Attributes;
  /** Outputs that nobody wants are undefined. */
  readonly outputs: readonly (TensorSpec | undefined)[];
  /** Places of the inputs that the operator takes as int64. */
  readonly int64: readonly number[];
}

/** What stands for an input or output that is left out. */
const absent: Value = { name: '', shape: [1], type: 'float32' };

/** Appends the operator; returns the wanted outputs. */
export function appendOperator(graph: Graph, call: OperatorCall, inputs: readonly (Value | undefined)[]): Value[] {
  const given = inputs.map((input, place) => {
    if (input === undefined) return absent;
    return call.int64.includes(place) ? cast(graph, input, 'int64') : input;
  });
  const outputs = call.outputs.map((spec) => (spec === undefined ? absent : newValue(graph, { shape: spec.shape, type: spec.dtype })));
  appendNode(graph, call.operator, given, outputs, { attributes: call.attributes, domain: call.domain });
  return outputs.filter((output) => output !== absent);
}
