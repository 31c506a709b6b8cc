import { backend_util as backendUtil } from '@tensorflow/tfjs';
import type { CropAndResizeAttrs, RotateWithOffsetAttrs, TransformAttrs } from '@tensorflow/tfjs';
import { addInitializer, cast, int64s, isEmpty, reshape, scalar, uniform } from '../onnx-graph.ts';
import type { Graph, Value } from '../onnx-graph.ts';
import { typedDataFrom } from '../tensor-spec.ts';
import { arithmetic, broadcastNode, floating, numeric } from './elementwise.ts';
import { gather } from './indexing.ts';
import type { KernelTable } from './kernel.ts';
import { slice } from './slicing.ts';

/** 0, 1, 2, ... as a float64 constant of the given shape. Coordinates are computed in float64, as tfjs does. */
function counting(graph: Graph, shape: readonly number[]): Value {
  const length = Math.max(1, ...shape);
  return addInitializer(
    graph,
    Float64Array.from({ length }, (_, index) => index),
    { shape, type: 'float64' },
  );
}

/** Column `index` of [rows, columns] as float64 [rows, ...ones]. */
function column(graph: Graph, table: Value, index: number, ones: number): Value {
  const rows = table.shape[0] ?? 1;
  const part = reshape(graph, slice(graph, table, [0, index], [rows, 1]), [rows, ...Array<number>(ones).fill(1)]);
  return cast(graph, floating(graph, part), 'float64');
}

function roundUp(graph: Graph, x: Value): Value {
  const { binary, unary } = arithmetic(graph);
  return unary('Floor', binary('Add', x, 0.5));
}

/** Reads pixels of [batch, height, width, channels] at whole float64 coordinates, and `fill` where one is outside: adds a channel axis. */
function readPixels(graph: Graph, images: Value, batch: Value, y: Value, x: Value, fill: number): Value {
  const { binary, compare, where } = arithmetic(graph);
  const [count = 1, height = 1, width = 1, channels = 1] = images.shape;
  const inside = (at: Value, size: number): Value => binary('And', compare('GreaterOrEqual', at, 0), compare('Less', at, size));
  const valid = binary('And', inside(y, height), inside(x, width));
  const clamp = (at: Value, size: number): Value => cast(graph, binary('Min', binary('Max', at, 0), size - 1), 'int64');
  const rows = binary('Add', binary('Mul', batch, height), clamp(y, height));
  const positions = binary('Add', binary('Mul', rows, width), clamp(x, width));
  const pixels = gather(graph, reshape(graph, images, [count * height * width, channels]), positions, 0);
  return where(reshape(graph, valid, [...valid.shape, 1]), pixels, scalar(graph, fill, images.type));
}

/** Between the four pixels around float64 coordinates. `high` gives the farther whole coordinate. */
function readBetween(graph: Graph, images: Value, batch: Value, y: Value, x: Value, fill: number, high: 'ceil' | 'next'): Value {
  const { binary, unary } = arithmetic(graph);
  const around = (at: Value): { low: Value; up: Value; fraction: Value } => {
    const low = unary('Floor', at);
    const fraction = cast(graph, binary('Sub', at, low), 'float32');
    return {
      low,
      up: high === 'ceil' ? unary('Ceil', at) : binary('Add', low, 1),
      fraction: reshape(graph, fraction, [...fraction.shape, 1]),
    };
  };
  const [row, place] = [around(y), around(x)];
  const between = (from: Value, to: Value, fraction: Value): Value => binary('Add', from, binary('Mul', binary('Sub', to, from), fraction));
  const line = (at: Value): Value =>
    between(readPixels(graph, images, batch, at, place.low, fill), readPixels(graph, images, batch, at, place.up, fill), place.fraction);
  return between(line(row.low), line(row.up), row.fraction);
}

/** The coordinate inside an axis of `size` that tfjs reads for one outside. */
function mapCoordinate(graph: Graph, at: Value, size: number, mode: TransformAttrs['fillMode']): Value {
  const { binary, compare, where, unary } = arithmetic(graph);
  if (mode === 'constant') return at;
  const clamp = (value: Value): Value => binary('Min', binary('Max', value, 0), size - 1);
  if (mode === 'nearest') return clamp(at);
  if (size <= 1) return binary('Mul', clamp(at), 0);
  // Below zero the quotient is that of -at: truncation is the floor of a number that is not negative.
  const turns = (value: Value, period: number): Value => unary('Floor', binary('Div', unary('Abs', value), period));
  const [below, above] = [compare('Less', at, 0), compare('Greater', at, size - 1)];
  if (mode === 'wrap') {
    const up = binary('Add', at, binary('Mul', binary('Add', turns(at, size - 1), 1), size));
    const down = binary('Sub', at, binary('Mul', turns(at, size - 1), size));
    return clamp(where(below, up, where(above, down, at)));
  }
  const shifted = binary('Mul', turns(at, 2 * size), 2 * size);
  const left = binary('Add', at, shifted);
  const up = where(compare('Less', left, -size), binary('Add', left, 2 * size), binary('Sub', unary('Neg', left), 1));
  const right = binary('Sub', at, shifted);
  const down = where(compare('GreaterOrEqual', right, size), binary('Sub', unary('Neg', right), 1 - 2 * size), right);
  return clamp(where(below, up, where(above, down, at)));
}

export const imageSamplingKernels: KernelTable = {
  // A box of an image that does not exist gives zeros, as in tfjs.
  CropAndResize: ({ graph, input, attributes }) => {
    const { binary, compare, where } = arithmetic(graph);
    const { cropSize, method, extrapolationValue } = attributes as CropAndResizeAttrs;
    const [image, boxes, boxInd] = [floating(graph, input('image')), input('boxes'), input('boxInd')];
    const [batch = 1, height = 1, width = 1, channels = 1] = image.shape;
    const count = boxes.shape[0] ?? 0;
    const shape = [count, ...cropSize, channels];
    if (shape.includes(0) || isEmpty(image)) return uniform(graph, shape, 0, 'float32');
    const along = (first: number, size: number, crop: number, places: readonly number[]): Value => {
      const [from, to] = [column(graph, boxes, first, 2), column(graph, boxes, first + 2, 2)];
      if (crop === 1) return binary('Mul', binary('Add', from, to), 0.5 * (size - 1));
      const step = binary('Mul', binary('Sub', to, from), (size - 1) / (crop - 1));
      return binary('Add', binary('Mul', from, size - 1), binary('Mul', counting(graph, places), step));
    };
    const y = along(0, height, cropSize[0], [1, cropSize[0], 1]);
    const x = along(1, width, cropSize[1], [1, 1, cropSize[1]]);
    const inRange = (at: Value, size: number): Value =>
      binary('And', compare('GreaterOrEqual', at, 0), compare('LessOrEqual', at, size - 1));
    const index = reshape(graph, cast(graph, boxInd, 'int64'), [count, 1, 1]);
    const exists = compare('Less', index, batch);
    const box = where(exists, index, 0);
    const read =
      method === 'bilinear'
        ? readBetween(graph, image, box, y, x, 0, 'ceil')
        : readPixels(graph, image, box, roundUp(graph, y), roundUp(graph, x), 0);
    const inside = binary('And', inRange(y, height), inRange(x, width));
    const values = where(reshape(graph, inside, [...shape.slice(0, 3), 1]), read, extrapolationValue);
    return where(reshape(graph, exists, [count, 1, 1, 1]), values, 0);
  },

  // Angle and center are no tensors: where each pixel comes from is known while tracing.
  RotateWithOffset: ({ graph, input, attributes }) => {
    const { radians, fillValue, center } = attributes as RotateWithOffsetAttrs;
    const image = input('image');
    const [batch = 1, height = 1, width = 1, channels = 1] = image.shape;
    if (isEmpty(image)) return image;
    const [centerX, centerY] = backendUtil.getImageCenter(center, height, width);
    const [sine, cosine] = [Math.sin(radians), Math.cos(radians)];
    const sources = Array.from({ length: height * width }, (_, index) => {
      const [x, y] = [(index % width) - centerX, Math.floor(index / width) - centerY];
      const [column_, row] = [Math.round(x * cosine - y * sine + centerX), Math.round(x * sine + y * cosine + centerY)];
      return column_ >= 0 && column_ < width && row >= 0 && row < height ? row * width + column_ : -1;
    });
    const pixels = reshape(graph, numeric(graph, image), [batch, height * width, channels]);
    const turned = gather(
      graph,
      pixels,
      int64s(
        graph,
        sources.map((source) => Math.max(source, 0)),
      ),
      1,
    );
    // tfjs fills a fourth channel, the opacity, with 255.
    const fills = Array.from({ length: channels }, (_, channel) =>
      typeof fillValue === 'number' ? fillValue : channel === 3 ? 255 : (fillValue[channel] ?? 0),
    );
    const type = pixels.type === 'int32' ? 'int32' : 'float32';
    const fill = addInitializer(graph, typedDataFrom(fills, type), { shape: [channels], type });
    const known = addInitializer(
      graph,
      Uint8Array.from(sources, (source) => Number(source >= 0)),
      { shape: [height * width, 1], type: 'bool' },
    );
    return cast(graph, reshape(graph, broadcastNode(graph, 'Where', [known, turned, fill], type), image.shape), image.type);
  },

  Transform: ({ graph, input, attributes }) => {
    const { binary, compare, where } = arithmetic(graph);
    const { interpolation, fillMode, fillValue, outputShape } = attributes as TransformAttrs;
    const [image, transforms] = [input('image'), input('transforms')];
    const [batch = 1, height = 1, width = 1, channels = 1] = image.shape;
    const [newHeight, newWidth] = outputShape ?? [height, width];
    const shape = [batch, newHeight, newWidth, channels];
    if (shape.includes(0) || isEmpty(image)) return uniform(graph, shape, fillValue, image.type);
    const [toY, toX] = [counting(graph, [1, newHeight, 1]), counting(graph, [1, 1, newWidth])];
    const plane = (a: number, b: number, constant: Value | number): Value =>
      binary(
        'Add',
        binary('Add', binary('Mul', column(graph, transforms, a, 2), toX), binary('Mul', column(graph, transforms, b, 2), toY)),
        constant,
      );
    const projection = plane(6, 7, 1);
    const nowhere = compare('Equal', projection, 0);
    const divisor = where(nowhere, 1, projection);
    const x = mapCoordinate(graph, binary('Div', plane(0, 1, column(graph, transforms, 2, 2)), divisor), width, fillMode);
    const y = mapCoordinate(graph, binary('Div', plane(3, 4, column(graph, transforms, 5, 2)), divisor), height, fillMode);
    const images = addInitializer(
      graph,
      BigInt64Array.from({ length: batch }, (_, index) => BigInt(index)),
      { shape: [batch, 1, 1], type: 'int64' },
    );
    const read =
      interpolation === 'bilinear'
        ? readBetween(graph, floating(graph, image), images, y, x, fillValue, 'next')
        : readPixels(graph, numeric(graph, image), images, roundUp(graph, y), roundUp(graph, x), fillValue);
    const kept = where(reshape(graph, nowhere, [...nowhere.shape, 1]), scalar(graph, fillValue, read.type), read);
    return cast(graph, kept, image.type);
  },
};
