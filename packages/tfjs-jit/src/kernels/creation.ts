import type { FillAttrs, LinSpaceAttrs, RangeAttrs } from '@tensorflow/tfjs';
import { addInitializer, addNode, cast, scalar, uniform } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { asTensorType } from '../tensor-spec.ts';
import type { TensorType } from '../tensor-spec.ts';
import { arithmetic } from './elementwise.ts';
import type { KernelTable } from './kernel.ts';

/** `start`, `start + step`, ...: `length` numbers, expressed by Range on integers and not stored. */
function range(graph: Graph, start: number, step: number, length: number, type: TensorType): Value {
  if (length <= 0) return addInitializer(graph, new Float32Array(0), { shape: [0], type });
  const { binary } = arithmetic(graph);
  const bounds = [0, length, 1].map((number) => scalar(graph, number, 'int32'));
  const counted = cast(graph, addNode(graph, 'Range', bounds, { shape: [length], type: 'int32' }), type);
  const scaled = step === 1 ? counted : binary('Mul', counted, step);
  return start === 0 ? scaled : binary('Add', scaled, start);
}

export const creationKernels: KernelTable = {
  Fill: ({ graph, name, attributes }) => {
    const { shape, value, dtype } = attributes as FillAttrs;
    return uniform(graph, shape, Number(value), asTensorType(dtype ?? 'float32', `kernel ${name}`));
  },
  ZerosLike: ({ graph, input }) => uniform(graph, input('x').shape, 0, input('x').type),
  OnesLike: ({ graph, input }) => uniform(graph, input('x').shape, 1, input('x').type),

  Range: ({ graph, name, attributes }) => {
    const { start, stop, step, dtype } = attributes as RangeAttrs;
    const wrongWay = (start < stop && step < 0) || (stop < start && step > 1);
    const length = start === stop || wrongWay ? 0 : Math.abs(Math.ceil((stop - start) / step));
    // tfjs: a descending range with the default step goes down by 1.
    const signed = stop < start && step === 1 ? -1 : step;
    return range(graph, start, signed, length, asTensorType(dtype, `kernel ${name}`));
  },

  LinSpace: ({ graph, attributes }) => {
    const { start, stop, num } = attributes as LinSpaceAttrs;
    return range(graph, start, num > 1 ? (stop - start) / (num - 1) : 0, num, 'float32');
  },
};
