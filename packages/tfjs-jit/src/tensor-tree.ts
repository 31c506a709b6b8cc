import * as tf from '@tensorflow/tfjs';
import { TfjsJitError } from './errors.ts';

/** Tensors in arrays and plain objects, nested at will; other leaves are values that the compiled code is specific to. */
export type TensorTree =
  | tf.Tensor
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly TensorTree[]
  | { readonly [key: string]: TensorTree };

/** A tree with its tensors taken out. */
export interface FlatTree {
  readonly tensors: readonly tf.Tensor[];
  /** Equal for two trees exactly when they differ in nothing but the data of their tensors. */
  readonly signature: string;
  /** The same tree with other tensors in the places of these. */
  readonly rebuild: (tensors: readonly tf.Tensor[]) => TensorTree;
}

/** Throws `bad-function` for a leaf or container that is no part of a tree: a Map, a function, an instance of a class. */
export function flattenTree(tree: unknown, where: string): FlatTree {
  const tensors: tf.Tensor[] = [];
  const { signature, rebuild } = flatten(tree, where, tensors);
  return { tensors, signature, rebuild };
}

interface Part {
  readonly signature: string;
  readonly rebuild: (tensors: readonly tf.Tensor[]) => TensorTree;
}

function flatten(tree: unknown, where: string, tensors: tf.Tensor[]): Part {
  if (tree instanceof tf.Tensor) {
    const index = tensors.push(tree) - 1;
    return { signature: `${tree.dtype}[${tree.shape.join(',')}]`, rebuild: (others) => others[index] as tf.Tensor };
  }
  if (Array.isArray(tree)) {
    const parts = tree.map((item, index) => flatten(item, `${where}[${index}]`, tensors));
    return {
      signature: `(${parts.map((part) => part.signature).join(';')})`,
      rebuild: (others) => parts.map((part) => part.rebuild(others)),
    };
  }
  if (isPlainObject(tree)) {
    const parts = Object.entries(tree).map(([key, item]) => [key, flatten(item, `${where}.${key}`, tensors)] as const);
    return {
      signature: `{${parts.map(([key, part]) => `${JSON.stringify(key)}:${part.signature}`).join(';')}}`,
      rebuild: (others) => Object.fromEntries(parts.map(([key, part]) => [key, part.rebuild(others)])),
    };
  }
  if (tree === null || tree === undefined || typeof tree === 'boolean' || typeof tree === 'number' || typeof tree === 'string') {
    const signature = typeof tree === 'string' ? JSON.stringify(tree) : Object.is(tree, -0) ? '-0' : String(tree);
    return { signature, rebuild: () => tree };
  }
  throw new TfjsJitError(
    'bad-function',
    `${where} is a ${typeof tree} that is neither tensor, array, plain object, string, number nor boolean`,
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
