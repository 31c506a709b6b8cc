import { broadcast_util as broadcasting } from '@tensorflow/tfjs';
import { addNode, cast, expand, isEmpty, scalar } from '../onnx-graph.ts';
import type { AddNodeOptions, Attributes, ElementType, Graph, Value } from '../onnx-graph.ts';

export function unary(graph: Graph, operator: string, x: Value, options: AddNodeOptions = {}): Value {
  const source = graph.broadcastSources.get(x.name);
  if (source !== undefined && !isEmpty(x)) {
    const small = addNode(graph, operator, [source], source, options);
    return expand(graph, small, x.shape);
  }
  return addNode(graph, operator, [x], x, options);
}

/** An operator that broadcasts its inputs, all of the same type. */
export function broadcastNode(
  graph: Graph,
  operator: string,
  inputs: readonly Value[],
  type: ElementType,
  attributes: Attributes = {},
): Value {
  const shape = commonShape(inputs);
  const sources = withoutBroadcasts(graph, inputs, shape);
  return addNode(graph, operator, sources, { shape, type }, { attributes });
}

function commonShape(inputs: readonly Value[]): number[] {
  return inputs.reduce<number[]>((shape, input) => broadcasting.assertAndGetBroadcastShape(shape, [...input.shape]), []);
}

/** Replaces broadcast inputs by what they were broadcast from, as far as the result keeps its shape. */
function withoutBroadcasts(graph: Graph, inputs: readonly Value[], shape: readonly number[]): Value[] {
  const sources = [...inputs];
  for (const [index, input] of inputs.entries()) {
    const source = graph.broadcastSources.get(input.name);
    if (source === undefined) continue;
    const candidate = sources.with(index, source);
    const result = commonShape(candidate);
    if (result.length === shape.length && result.every((dimension, axis) => dimension === shape[axis])) sources[index] = source;
  }
  return sources;
}

/** Short names for building composite kernels; numbers become constants of the other operand's type. */
export interface Arithmetic {
  readonly binary: (operator: string, a: Value | number, b: Value | number) => Value;
  readonly compare: (operator: string, a: Value | number, b: Value | number) => Value;
  readonly where: (condition: Value, then: Value | number, otherwise: Value | number) => Value;
  readonly unary: (operator: string, x: Value) => Value;
}

export function arithmetic(graph: Graph): Arithmetic {
  const values = (items: readonly (Value | number)[]): Value[] => {
    const type = items.find((item) => typeof item !== 'number')?.type ?? 'float32';
    return items.map((item) => (typeof item === 'number' ? scalar(graph, item, type) : item));
  };
  const binary = (operator: string, a: Value | number, b: Value | number): Value => {
    const operands = values([a, b]);
    return broadcastNode(graph, operator, operands, operands[0]?.type ?? 'float32');
  };
  return {
    binary,
    compare: (operator, a, b) => broadcastNode(graph, operator, values([a, b]), 'bool'),
    where: (condition, then, otherwise) => {
      const branches = values([then, otherwise]);
      return broadcastNode(graph, 'Where', [condition, ...branches], branches[0]?.type ?? 'float32');
    },
    unary: (operator, x) => unary(graph, operator, x),
  };
}

/** Operators do not take booleans where tfjs does: compute as int32. */
export function numeric(graph: Graph, value: Value): Value {
  return value.type === 'bool' ? cast(graph, value, 'int32') : value;
}

export function floating(graph: Graph, value: Value): Value {
  return cast(graph, value, 'float32');
}
