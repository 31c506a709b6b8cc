import { broadcast_util as broadcasting } from '@tensorflow/tfjs';
import type { _FusedMatMulAttrs, BatchMatMulAttrs, EinsumAttrs } from '@tensorflow/tfjs';
import { addNode, isEmpty, reshape, uniform } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { sizeOf } from '../tensor-spec.ts';
import { activateWithBias } from './activation.ts';
import { floating, numeric } from './elementwise.ts';
import type { KernelTable } from './kernel.ts';
import { transpose } from './shape.ts';

/** Product over the last two axes, the leading ones broadcast. */
export function matmul(graph: Graph, a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
  const [rows, inner] = lastTwo(a, transposeA);
  const [, columns] = lastTwo(b, transposeB);
  const batchA = a.shape.slice(0, -2);
  const batchB = b.shape.slice(0, -2);
  const shape = [...broadcasting.assertAndGetBroadcastShape(batchA, batchB), rows, columns];
  if (inner === 0 || shape.includes(0)) return uniform(graph, shape, 0, a.type);
  const spec = { type: a.type };
  if (sizeOf(batchB) === 1 && (!transposeA || sizeOf(batchA) === 1)) {
    // One matrix on the right: the batch joins the rows of one large product.
    const left = reshape(graph, a, transposeA ? [inner, rows] : [sizeOf(batchA) * rows, inner]);
    const right = reshape(graph, b, transposeB ? [columns, inner] : [inner, columns]);
    const flat = { ...spec, shape: [sizeOf(batchA) * rows, columns] };
    return reshape(graph, product(graph, left, right, transposeA, transposeB, flat, 'Gemm'), shape);
  }
  return product(graph, a, b, transposeA, transposeB, { ...spec, shape }, 'FusedMatMul');
}

function lastTwo(value: Value, transposed: boolean): [number, number] {
  const [first = 1, second = 1] = value.shape.slice(-2);
  return transposed ? [second, first] : [first, second];
}

function product(
  graph: Graph,
  a: Value,
  b: Value,
  transposeA: boolean,
  transposeB: boolean,
  spec: Pick<Value, 'shape' | 'type'>,
  transposing: 'Gemm' | 'FusedMatMul',
): Value {
  if (!transposeA && !transposeB) return addNode(graph, 'MatMul', [a, b], spec);
  // WebGPU has no FusedMatMul: its inputs would go to the CPU and back.
  if (spec.type !== 'float32' || (transposing === 'FusedMatMul' && graph.executionProvider === 'webgpu')) {
    return addNode(graph, 'MatMul', [transposeA ? swapLastTwo(graph, a) : a, transposeB ? swapLastTwo(graph, b) : b], spec);
  }
  const attributes = { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } };
  return addNode(graph, transposing, [a, b], spec, { attributes, domain: transposing === 'Gemm' ? '' : 'com.microsoft' });
}

function swapLastTwo(graph: Graph, value: Value): Value {
  const rank = value.shape.length;
  return transpose(graph, value, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

export const matmulKernels: KernelTable = {
  BatchMatMul: ({ graph, input, attributes }) => {
    const { transposeA, transposeB } = attributes as BatchMatMulAttrs;
    return matmul(graph, numeric(graph, input('a')), numeric(graph, input('b')), transposeA, transposeB);
  },

  _FusedMatMul: (call) => {
    const { graph, input, attributes } = call;
    const { transposeA, transposeB } = attributes as _FusedMatMulAttrs;
    const plain = matmul(graph, floating(graph, input('a')), floating(graph, input('b')), transposeA, transposeB);
    return activateWithBias(call, plain, -1);
  },

  Einsum: ({ graph, inputs, attributes }) => {
    const { equation } = attributes as EinsumAttrs;
    const [terms = '', result = ''] = equation.replaceAll(' ', '').split('->');
    const sizes = new Map<string, number>();
    for (const [index, term] of terms.split(',').entries()) {
      for (const [axis, letter] of [...term].entries()) sizes.set(letter, inputs[index]?.shape[axis] ?? 1);
    }
    const shape = [...result].map((letter) => sizes.get(letter) ?? 1);
    const operands = inputs.map((value) => floating(graph, value));
    if (operands.some(isEmpty)) return uniform(graph, shape, 0, 'float32');
    return addNode(graph, 'Einsum', operands, { shape, type: 'float32' }, { attributes: { equation: { string: equation } } });
  },
};
