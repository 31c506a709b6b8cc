import { backend_util as backendUtil } from '@tensorflow/tfjs';
import type { BatchToSpaceNDAttrs, DepthToSpaceAttrs, MirrorPadAttrs, SpaceToBatchNDAttrs } from '@tensorflow/tfjs';
import { addNode, cast, int64s, reshape, scalar } from '../onnx-graph.ts';
import { sizeOf } from '../tensor-spec.ts';
import { arithmetic, numeric } from './elementwise.ts';
import { gather } from './indexing.ts';
import type { KernelTable } from './kernel.ts';
import { requireFormat } from './spatial.ts';
import { transpose } from './shape.ts';
import { pad, slice } from './slicing.ts';

export const rearrangementKernels: KernelTable = {
  SpaceToBatchND: ({ graph, input, attributes }) => {
    const x = input('x');
    const { blockShape, paddings } = attributes as SpaceToBatchNDAttrs;
    const after = Array.from({ length: x.shape.length - 1 - blockShape.length }, () => [0, 0] as const);
    const padded = pad(graph, x, [[0, 0], ...(paddings as [number, number][]), ...after], 0);
    const size = sizeOf(blockShape);
    const shape = [...padded.shape];
    const split = backendUtil.getReshaped(shape, blockShape, size, false);
    const order = backendUtil.getPermuted(split.length, blockShape.length, false);
    const joined = backendUtil.getReshapedPermuted(shape, blockShape, size, false);
    return reshape(graph, transpose(graph, reshape(graph, padded, split), order), joined);
  },

  BatchToSpaceND: ({ graph, input, attributes }) => {
    const x = input('x');
    const { blockShape, crops } = attributes as BatchToSpaceNDAttrs;
    const size = sizeOf(blockShape);
    const shape = [...x.shape];
    const split = backendUtil.getReshaped(shape, blockShape, size);
    const order = backendUtil.getPermuted(split.length, blockShape.length);
    const joined = backendUtil.getReshapedPermuted(shape, blockShape, size);
    const whole = reshape(graph, transpose(graph, reshape(graph, x, split), order), joined);
    const begin = backendUtil.getSliceBeginCoords(crops, blockShape.length);
    const cut = backendUtil.getSliceSize(joined, crops, blockShape.length);
    return slice(graph, whole, begin, [...cut, ...joined.slice(cut.length)]);
  },

  DepthToSpace: ({ graph, name, input, attributes }) => {
    const x = input('x');
    const { blockSize, dataFormat } = attributes as DepthToSpaceAttrs;
    requireFormat(name, dataFormat, 'NHWC');
    const [batch = 1, height = 1, width = 1, depth = 1] = x.shape;
    const channels = depth / (blockSize * blockSize);
    const split = reshape(graph, x, [batch, height, width, blockSize, blockSize, channels]);
    return reshape(graph, transpose(graph, split, [0, 1, 3, 2, 4, 5]), [batch, height * blockSize, width * blockSize, channels]);
  },

  // `reflect` does not repeat the border, `symmetric` does.
  MirrorPad: ({ graph, input, attributes }) => {
    const { paddings, mode } = attributes as MirrorPadAttrs;
    const repeated = mode === 'reflect' ? 0 : 1;
    return paddings.reduce((x, [before, after], axis) => {
      if (before === 0 && after === 0) return x;
      const size = x.shape[axis] ?? 0;
      const sources = Array.from({ length: before + size + after }, (_, index) => {
        const at = index - before;
        if (at < 0) return -at - repeated;
        return at < size ? at : 2 * (size - 1) - at + repeated;
      });
      return gather(graph, x, int64s(graph, sources), axis);
    }, input('x'));
  },

  // [...shape] to [...shape, ...shape], zeros off the diagonal.
  Diag: ({ graph, input }) => {
    const { where } = arithmetic(graph);
    const x = input('x');
    const size = sizeOf(x.shape);
    const bounds = [0, size, 1].map((number) => scalar(graph, number, 'int32'));
    const range = addNode(graph, 'Range', bounds, { shape: [size], type: 'int32' });
    const diagonal = arithmetic(graph).compare('Equal', range, reshape(graph, range, [size, 1]));
    const matrix = where(diagonal, reshape(graph, numeric(graph, x), [size]), 0);
    return reshape(graph, cast(graph, matrix, x.type), [...x.shape, ...x.shape]);
  },
};
