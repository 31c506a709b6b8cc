import type { Graph, Value } from '../onnx-graph.ts';

/** One call of a tfjs kernel, seen by the function that appends ONNX nodes for it. */
export interface KernelCall {
  readonly graph: Graph;
  /** The kernel's name, for messages. */
  readonly name: string;
  /** The input of this name; throws when the call has none. */
  readonly input: (name: string) => Value;
  /** All given inputs in order. */
  readonly inputs: readonly Value[];
  readonly optional: (name: string) => Value | undefined;
  /** The numbers of the input of this name, which must be a constant; throws `data-dependent-read` when they are computed. */
  readonly constant: (name: string) => number[];
  /** tfjs's attributes: each kernel knows their type (tfjs-core's `<Kernel>Attrs`). */
  readonly attributes: unknown;
}

export type Kernel = (call: KernelCall) => Value | Value[];
export type KernelTable = Readonly<Record<string, Kernel>>;
