import type { ResizeBilinearAttrs, ResizeNearestNeighborAttrs } from '@tensorflow/tfjs';
import { addInitializer, cast, int64s, isEmpty, reshape, uniform } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { arithmetic, floating } from './elementwise.ts';
import { gather } from './indexing.ts';
import type { Kernel, KernelTable } from './kernel.ts';
import { matmul } from './matmul.ts';

/** Which elements of the old axis an element of the new one lies between, and how far from `low` to `high`. */
interface Position {
  readonly low: number;
  readonly high: number;
  readonly fraction: number;
}

interface Resizing {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** The ratio of an old axis to the new one. */
function scaleOf(from: number, to: number, { alignCorners }: Resizing): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

function bilinearPositions(from: number, to: number, resizing: Resizing): Position[] {
  const scale = scaleOf(from, to, resizing);
  return Array.from({ length: to }, (_, index) => {
    const source = resizing.halfPixelCenters ? scale * (index + 0.5) - 0.5 : scale * index;
    const low = Math.max(0, Math.floor(source));
    return { low, high: Math.max(0, Math.min(from - 1, Math.ceil(source))), fraction: source - low };
  });
}

function nearestPositions(from: number, to: number, resizing: Resizing): Position[] {
  const scale = scaleOf(from, to, resizing);
  return Array.from({ length: to }, (_, index) => {
    const source = scale * (resizing.halfPixelCenters ? index + 0.5 : index);
    const low = Math.min(from - 1, resizing.alignCorners ? Math.round(source) : Math.floor(source));
    return { low, high: low, fraction: 0 };
  });
}

/** The elements of one axis at the positions. */
function interpolate(graph: Graph, x: Value, axis: number, positions: readonly Position[]): Value {
  const at = (pick: (position: Position) => number): Value => gather(graph, x, int64s(graph, positions.map(pick)), axis);
  const low = at((position) => position.low);
  if (positions.every(({ low: below, high, fraction }) => fraction === 0 || below === high)) return low;
  const { binary } = arithmetic(graph);
  const shape = [positions.length, ...x.shape.slice(axis + 1).map(() => 1)];
  const fractions = addInitializer(
    graph,
    Float32Array.from(positions, ({ fraction }) => fraction),
    { shape, type: 'float32' },
  );
  const difference = binary(
    'Sub',
    at((position) => position.high),
    low,
  );
  return binary('Add', low, binary('Mul', difference, fractions));
}

/** The transpose of `interpolate`: gives each element of axis 1 of `dy`, [rows, positions, rest], back to where it came from. */
function giveBack(graph: Graph, dy: Value, from: number, positions: readonly Position[]): Value {
  const to = positions.length;
  const weights = new Float32Array(from * to);
  const add = (row: number, column: number, weight: number): void => {
    weights[row * to + column] = (weights[row * to + column] ?? 0) + weight;
  };
  for (const [column, { low, high, fraction }] of positions.entries()) {
    add(low, column, 1 - fraction);
    add(high, column, fraction);
  }
  return matmul(graph, addInitializer(graph, weights, { shape: [from, to], type: 'float32' }), dy, false, false);
}

type PositionsOf = (from: number, to: number, resizing: Resizing) => Position[];

function resize(positionsOf: PositionsOf, keepsType: boolean): Kernel {
  return ({ graph, input, attributes }) => {
    const images = input('images');
    const { size, ...resizing } = attributes as ResizeBilinearAttrs | ResizeNearestNeighborAttrs;
    const [batch = 1, height = 1, width = 1, channels = 1] = images.shape;
    const type = keepsType ? images.type : 'float32';
    if (isEmpty(images)) return uniform(graph, [batch, ...size, channels], 0, type);
    const rows = interpolate(graph, cast(graph, images, type), 1, positionsOf(height, size[0], resizing));
    return interpolate(graph, rows, 2, positionsOf(width, size[1], resizing));
  };
}

/** As in tfjs, the gradient knows no half pixel centers. */
function resizeGradient(positionsOf: PositionsOf): Kernel {
  return ({ graph, input, attributes }) => {
    const [images, dy] = [input('images'), floating(graph, input('dy'))];
    const { alignCorners } = attributes as ResizeBilinearAttrs;
    const resizing = { alignCorners, halfPixelCenters: false };
    const [batch = 1, height = 1, width = 1, channels = 1] = images.shape;
    const [, newHeight = 1, newWidth = 1] = dy.shape;
    if (isEmpty(images) || isEmpty(dy)) return uniform(graph, images.shape, 0, 'float32');
    const rows = reshape(graph, dy, [batch, newHeight, newWidth * channels]);
    const tall = giveBack(graph, rows, height, positionsOf(height, newHeight, resizing));
    const columns = reshape(graph, tall, [batch * height, newWidth, channels]);
    return reshape(graph, giveBack(graph, columns, width, positionsOf(width, newWidth, resizing)), images.shape);
  };
}

export const resizeKernels: KernelTable = {
  ResizeBilinear: resize(bilinearPositions, false),
  ResizeBilinearGrad: resizeGradient(bilinearPositions),
  ResizeNearestNeighbor: resize(nearestPositions, true),
  ResizeNearestNeighborGrad: resizeGradient(nearestPositions),
};
