import { cast } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { arithmetic, broadcastNode, floating, numeric } from './elementwise.ts';
import type { Kernel, KernelTable } from './kernel.ts';

/** tfjs casts the operands to one type before most kernels; where it does not, float32 wins. */
function sameType(graph: Graph, values: readonly Value[]): Value[] {
  const numbers = values.map((value) => numeric(graph, value));
  return numbers.some((value) => value.type === 'float32') ? numbers.map((value) => floating(graph, value)) : numbers;
}

function binary(operator: string): Kernel {
  return ({ graph, input }) => {
    const operands = sameType(graph, [input('a'), input('b')]);
    return broadcastNode(graph, operator, operands, operands[0]?.type ?? 'float32');
  };
}

function comparison(operator: string): Kernel {
  return ({ graph, input }) => broadcastNode(graph, operator, sameType(graph, [input('a'), input('b')]), 'bool');
}

function logical(operator: string): Kernel {
  return ({ graph, input }) =>
    broadcastNode(
      graph,
      operator,
      [input('a'), input('b')].map((value) => cast(graph, value, 'bool')),
      'bool',
    );
}

/** Integer division goes through float64: exact for int32, and a zero divisor does not end the process. */
function wide(graph: Graph, value: Value): Value {
  return value.type === 'float32' ? value : cast(graph, value, 'float64');
}

export const binaryKernels: KernelTable = {
  Add: binary('Add'),
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Pow: binary('Pow'),

  AddN: ({ graph, inputs }) => sameType(graph, inputs).reduce((sum, value) => broadcastNode(graph, 'Add', [sum, value], sum.type)),

  RealDiv: ({ graph, input }) =>
    broadcastNode(
      graph,
      'Div',
      [input('a'), input('b')].map((value) => floating(graph, value)),
      'float32',
    ),

  FloorDiv: ({ graph, input }) => {
    const operands = sameType(graph, [input('a'), input('b')]).map((value) => wide(graph, value));
    const quotient = arithmetic(graph).unary('Floor', broadcastNode(graph, 'Div', operands, operands[0]?.type ?? 'float32'));
    return cast(graph, quotient, 'int32');
  },

  // The remainder has the sign of the divisor.
  Mod: ({ graph, input }) => {
    const { binary: apply, compare, where } = arithmetic(graph);
    const operands = sameType(graph, [input('a'), input('b')]);
    const type = operands[0]?.type ?? 'float32';
    const [a, b] = operands.map((value) => wide(graph, value)) as [Value, Value];
    const truncated = { fmod: { int: 1 } };
    const remainder = broadcastNode(graph, 'Mod', [a, b], a.type, truncated);
    const shifted = broadcastNode(graph, 'Mod', [apply('Add', remainder, b), b], a.type, truncated);
    const sameSign = broadcastNode(graph, 'Equal', [compare('Less', a, 0), compare('Less', b, 0)], 'bool');
    return cast(graph, where(sameSign, remainder, shifted), type);
  },

  SquaredDifference: ({ graph, input }) => {
    const operands = sameType(graph, [input('a'), input('b')]);
    const difference = broadcastNode(graph, 'Sub', operands, operands[0]?.type ?? 'float32');
    return broadcastNode(graph, 'Mul', [difference, difference], difference.type);
  },

  // The angle of the point (b, a). Where b is 0 the quotient is replaced, so that 0 / 0 never enters.
  Atan2: ({ graph, input }) => {
    const { binary: apply, compare, unary, where } = arithmetic(graph);
    const [a, b] = [floating(graph, input('a')), floating(graph, input('b'))];
    const onAxis = compare('Equal', b, 0);
    const angle = unary('Atan', apply('Div', a, where(onAxis, 1, b)));
    const half = where(compare('Less', a, 0), -Math.PI, Math.PI);
    const turned = where(compare('Less', b, 0), apply('Add', angle, half), angle);
    const upright = apply('Mul', unary('Sign', a), Math.PI / 2);
    // As in tfjs, of two integers an integer: truncated.
    return cast(graph, where(onAxis, upright, turned), input('a').type === 'int32' && input('b').type === 'int32' ? 'int32' : 'float32');
  },

  BitwiseAnd: ({ graph, input }) => broadcastNode(graph, 'BitwiseAnd', [input('a'), input('b')], 'int32'),

  Equal: comparison('Equal'),
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  NotEqual: ({ graph, input }) => {
    const equal = broadcastNode(graph, 'Equal', sameType(graph, [input('a'), input('b')]), 'bool');
    return arithmetic(graph).unary('Not', equal);
  },

  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  LogicalXor: logical('Xor'),
};
