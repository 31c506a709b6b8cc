import fc from 'fast-check';
import type * as tf from '@tensorflow/tfjs';
import type { InputSpec } from '../random-inputs.ts';

/** One call to compare. The parameters are `never`, which passes for a tensor of any rank. */
export interface KernelCase {
  readonly inputs: readonly InputSpec[];
  readonly fn: (...inputs: never[]) => tf.Tensor | readonly tf.Tensor[];
  /** False where tfjs's own gradient is wrong or depends on ties; the reason stands beside it. */
  readonly gradient?: false;
}

/** By kernel, a random case. */
export type KernelCases = Readonly<Record<string, (choose: Choose) => KernelCase>>;

/** Random choices that fast-check can shrink. */
export interface Choose {
  readonly integer: (min: number, max: number) => number;
  readonly of: <T>(items: readonly T[]) => T;
  readonly flag: () => boolean;
  /** The size of an axis, 0 and 1 included. */
  readonly size: () => number;
  /** A shape of random or given rank, with axes of size 0 and 1. */
  readonly shape: (rank?: number) => number[];
  /** The same without empty axes. */
  readonly filled: (rank?: number) => number[];
  /** Two shapes that broadcast. */
  readonly broadcast: () => [number[], number[]];
  /** Also negative ones. */
  readonly axis: (rank: number) => number;
  /** Some axes of a shape, or undefined for all. */
  readonly axes: (rank: number) => number | number[] | undefined;
}

export function chooser(draw: fc.GeneratorValue): Choose {
  const integer = (min: number, max: number): number => draw(fc.integer, { min, max });
  const of = <T>(items: readonly T[]): T => items[integer(0, items.length - 1)] as T;
  const size = (): number => of([1, 2, 3, 0, 4]);
  const positive = (): number => of([1, 2, 3, 5]);
  const list = <T>(length: number, make: () => T): T[] => Array.from({ length }, make);
  const axis = (rank: number): number => integer(-rank, rank - 1);
  return {
    integer,
    of,
    flag: () => of([false, true]),
    size,
    shape: (rank = integer(0, 4)) => list(rank, size),
    filled: (rank = integer(0, 4)) => list(rank, positive),
    axis,
    axes: (rank) => {
      if (rank === 0 || integer(0, 3) === 0) return undefined;
      if (rank === 1 || integer(0, 1) === 0) return axis(rank);
      const first = integer(0, rank - 1);
      const second = (first + 1) % rank;
      return [first - rank, second];
    },
    broadcast: () => {
      const whole = list(integer(0, 4), size);
      const squeezed = (): number[] => whole.slice(integer(0, whole.length)).map((dimension) => (integer(0, 2) === 0 ? 1 : dimension));
      const pair: [number[], number[]] = [whole, squeezed()];
      return integer(0, 2) === 0 ? [squeezed(), squeezed()] : of([pair, [pair[1], pair[0]]]);
    },
  };
}
