import * as tf from '@tensorflow/tfjs';
import { f32, i32 } from '../random-inputs.ts';
import type { Choose, KernelCases } from './kernel-case.ts';

type CaseOf = KernelCases[string];

/**
 * tfjs's cpu backend gets gradients wrong for images that are not square, and for more than one when they change size; with aligned corners and an
 * image of one pixel it does not return.
 */
function resize(fn: typeof tf.image.resizeBilinear, square: boolean): CaseOf {
  return (choose) => {
    const [height, side] = [choose.integer(2, 5), choose.integer(1, 7)];
    const exact = square || choose.flag();
    const width = exact ? height : choose.integer(1, 5);
    const size: [number, number] = exact ? [side, side] : [side, choose.integer(1, 7)];
    const [align, half] = choose.of([
      [false, false],
      [true, false],
      [false, true],
    ]) as [boolean, boolean];
    const batch = exact ? 1 : choose.of([1, 2, 0]);
    const shape = [batch, height, width, choose.integer(1, 3)];
    return { inputs: [f32(shape)], fn: (x) => fn(x, size, align, half), ...(!exact && { gradient: false }) };
  };
}

/** A translation, scaling and shear, never a projection on whole coordinates. */
function transforms(choose: Choose, count: number): tf.Tensor2D {
  const number = (scale: number): number => (choose.integer(-9, 9) + 0.137) * scale;
  const rows = Array.from({ length: count }, () => [
    1 + number(0.05),
    number(0.05),
    number(0.4),
    number(0.05),
    1 + number(0.05),
    number(0.4),
    number(0.001),
    number(0.001),
  ]);
  return tf.tensor2d(rows);
}

export const imageCases: KernelCases = {
  ResizeBilinear: resize(tf.image.resizeBilinear, false),
  ResizeBilinearGrad: resize(tf.image.resizeBilinear, true),
  ResizeNearestNeighbor: resize(tf.image.resizeNearestNeighbor, false),
  ResizeNearestNeighborGrad: resize(tf.image.resizeNearestNeighbor, true),
  FlipLeftRight: (choose) => ({ inputs: [f32([choose.size(), ...choose.filled(3)])], fn: (x) => tf.image.flipLeftRight(x) }),
  RotateWithOffset: (choose) => {
    const shape = [choose.of([1, 2, 0]), choose.integer(1, 5), choose.integer(1, 5), choose.of([1, 3, 4])];
    const fill = choose.of([0, 7, [1, 2, 3] as [number, number, number]]);
    const [angle, center] = [choose.integer(-30, 30) / 7, choose.of([0.5, [0.25, 0.7] as [number, number]])];
    return { inputs: [f32(shape)], fn: (x) => tf.image.rotateWithOffset(x, angle, fill, center) };
  },
  CropAndResize: (choose) => {
    const [batch, count] = [choose.integer(1, 3), choose.integer(1, 4)];
    const shape = [batch, choose.integer(1, 5), choose.integer(1, 5), choose.integer(1, 3)];
    const size: [number, number] = [choose.integer(1, 4), choose.integer(1, 4)];
    const method = choose.of(['bilinear', 'nearest'] as const);
    const fill = choose.of([0, -2]);
    // In part outside, upside down, of images that do not exist.
    return {
      inputs: [f32(shape), f32([count, 4], 'unit'), i32([count], batch + 1)],
      fn: (x, boxes, indices) => tf.image.cropAndResize(x, tf.add(boxes, 0.4) as tf.Tensor2D, indices, size, method, fill),
    };
  },
  Transform: (choose) => {
    // tfjs's cpu backend returns after the first image.
    const shape = [1, choose.integer(1, 5), choose.integer(1, 5), choose.integer(1, 3)];
    const matrix = transforms(choose, 1);
    const [method, mode] = [choose.of(['nearest', 'bilinear'] as const), choose.of(['constant', 'reflect', 'wrap', 'nearest'] as const)];
    const fill = choose.of([0, 3]);
    const size = choose.of<[number, number] | undefined>([undefined, [choose.integer(1, 6), choose.integer(1, 6)]]);
    return { inputs: [f32(shape)], fn: (x) => tf.image.transform(x, tf.add(matrix, 0) as tf.Tensor2D, method, mode, fill, size) };
  },
  LRN: (choose) => {
    const radius = choose.integer(0, 4);
    return {
      inputs: [f32([choose.size(), ...choose.filled(3)])],
      fn: (x) => tf.localResponseNormalization(x, radius, 1, 0.7, 0.5),
    };
  },
  LRNGrad: (choose) => {
    const radius = choose.integer(0, 3);
    return { inputs: [f32([1, ...choose.filled(3)])], fn: (x) => tf.localResponseNormalization(x, radius, 2, 0.5, 0.75) };
  },
  FusedBatchNorm: (choose) => {
    const channels = choose.integer(1, 4);
    const shape = [choose.integer(1, 3), choose.integer(1, 3), choose.integer(1, 3), channels];
    const kind = choose.of([[channels], shape]);
    const [scaled, moved] = [choose.flag(), choose.flag()];
    // An input that is not used has no gradient.
    const optional = [scaled, moved].filter(Boolean).map(() => f32(kind));
    return {
      inputs: [f32(shape), f32(kind), f32(kind, 'positive'), ...optional],
      fn: (x, mean, variance, first, second) =>
        tf.batchNorm(x, mean, variance, moved ? (scaled ? second : first) : undefined, scaled ? first : undefined, 0.01),
    };
  },
};
