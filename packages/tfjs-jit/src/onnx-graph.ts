import { TfjsJitError } from './errors.ts';
import { sizeOf } from './tensor-spec.ts';
import type { TypedData } from './tensor-spec.ts';

/** Element types inside the graph: those of tfjs and the two that some ONNX operators demand. */
export type ElementType = 'float32' | 'int32' | 'bool' | 'int64' | 'float64';

/** One value (an edge) of the graph. All shapes are known while tracing. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
}

export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string };
export type Attributes = Readonly<Record<string, Attribute>>;

export interface GraphNode {
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
  /** Execution providers that take this node, then fail or compute something else; it is left to the CPU there. */
  readonly notOn?: readonly ExecutionProvider[];
}

/** Where ONNX Runtime computes. */
export type ExecutionProvider = 'cpu' | 'webgpu' | 'cuda';

export interface Initializer {
  readonly value: Value;
  readonly data: TypedData | BigInt64Array | Float64Array;
}

/** The graph that a trace appends to. Nodes are in an order in which they can be run. */
export interface Graph {
  /** Where it will be computed. */
  readonly executionProvider: ExecutionProvider;
  readonly nodes: GraphNode[];
  readonly initializers: Map<string, Initializer>;
  /** What a broadcast value was broadcast from: elementwise operators broadcast by themselves and can take the source. */
  readonly broadcastSources: Map<string, Value>;
  readonly cache: Map<string, Value>;
  count: number;
}

export interface AddNodeOptions {
  readonly attributes?: Attributes;
  /** Operator set: '' for ONNX's own (default), 'com.microsoft' for ONNX Runtime's. */
  readonly domain?: string;
  readonly notOn?: readonly ExecutionProvider[];
}

export interface OutputSpec {
  readonly shape: readonly number[];
  readonly type: ElementType;
}

export function createGraph(executionProvider: ExecutionProvider = 'cpu'): Graph {
  return {
    executionProvider,
    nodes: [],
    initializers: new Map(),
    broadcastSources: new Map(),
    cache: new Map(),
    count: 0,
  };
}

export function newValue(graph: Graph, spec: OutputSpec): Value {
  graph.count += 1;
  return { name: `v${graph.count}`, shape: [...spec.shape], type: spec.type };
}

/** Values without elements never enter the graph: operators disagree on them, and there is nothing to compute. */
export function isEmpty(value: { readonly shape: readonly number[] }): boolean {
  return value.shape.includes(0);
}

/** Appends an operator with one output. An output without elements costs no node. */
export function addNode(graph: Graph, operator: string, inputs: readonly Value[], spec: OutputSpec, options: AddNodeOptions = {}): Value {
  const output = newValue(graph, spec);
  if (isEmpty(output)) return output;
  appendNode(graph, operator, inputs, [output], options);
  return output;
}

/** Appends an operator with several outputs, none of them empty. */
export function appendNode(
  graph: Graph,
  operator: string,
  inputs: readonly Value[],
  outputs: readonly Value[],
  options: AddNodeOptions = {},
): void {
  // A stored list without numbers is the shape of a scalar.
  const empty = inputs.find((input) => isEmpty(input) && !graph.initializers.has(input.name));
  if (empty !== undefined) {
    throw new TfjsJitError(
      'unsupported-kernel',
      `operator ${operator} was given a tensor of shape [${empty.shape.join(', ')}], which has no elements, but would return some`,
    );
  }
  graph.nodes.push({
    operator,
    domain: options.domain ?? '',
    inputs: inputs.map((input) => input.name),
    outputs: outputs.map((output) => output.name),
    attributes: options.attributes ?? {},
    ...(options.notOn && { notOn: options.notOn }),
  });
}

/** A stored constant. `data` is not copied. */
export function addInitializer(graph: Graph, data: Initializer['data'], spec: OutputSpec): Value {
  const value = newValue(graph, spec);
  if (!isEmpty(value)) graph.initializers.set(value.name, { value, data });
  return value;
}

/** A 1-d int64 constant: the shapes, axes and offsets of ONNX operators. */
export function int64s(graph: Graph, numbers: readonly number[]): Value {
  return cached(graph, `int64s ${numbers.join(',')}`, () => {
    const value = newValue(graph, { shape: [numbers.length], type: 'int64' });
    graph.initializers.set(value.name, { value, data: BigInt64Array.from(numbers, BigInt) });
    return value;
  });
}

/** A constant of shape []. */
export function scalar(graph: Graph, number: number, type: ElementType): Value {
  const key = Object.is(number, -0) ? '-0' : String(number);
  return cached(graph, `scalar ${type} ${key}`, () => addInitializer(graph, scalarData(number, type), { shape: [], type }));
}

/** A constant with all elements equal, expressed by Expand and not stored. */
export function uniform(graph: Graph, shape: readonly number[], number: number, type: ElementType): Value {
  const source = scalar(graph, number, type);
  return shape.length === 0 ? source : cached(graph, `uniform ${source.name} ${shape.join(',')}`, () => expand(graph, source, shape));
}

/** Broadcasts to `shape`, and remembers the source. */
export function expand(graph: Graph, source: Value, shape: readonly number[]): Value {
  const output = addNode(graph, 'Expand', [source, int64s(graph, shape)], { shape, type: source.type });
  graph.broadcastSources.set(output.name, graph.broadcastSources.get(source.name) ?? source);
  return output;
}

export function cast(graph: Graph, value: Value, type: ElementType): Value {
  if (value.type === type) return value;
  const source = graph.broadcastSources.get(value.name);
  if (source !== undefined && !isEmpty(value)) return expand(graph, cast(graph, source, type), value.shape);
  return cached(graph, `cast ${type} ${value.name}`, () =>
    addNode(graph, 'Cast', [value], { shape: value.shape, type }, { attributes: { to: { int: elementTypeCodes[type] } } }),
  );
}

export function reshape(graph: Graph, value: Value, shape: readonly number[]): Value {
  if (value.shape.length === shape.length && value.shape.every((dimension, axis) => dimension === shape[axis])) return value;
  const source = graph.broadcastSources.get(value.name);
  if (source !== undefined && sizeOf(source.shape) === 1 && !shape.includes(0)) return expand(graph, source, shape);
  return addNode(graph, 'Reshape', [value, int64s(graph, shape)], { shape, type: value.type });
}

/** Codes of TensorProto.DataType. */
export const elementTypeCodes: Readonly<Record<ElementType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 };

function scalarData(number: number, type: ElementType): Initializer['data'] {
  switch (type) {
    case 'float32':
      return Float32Array.of(number);
    case 'float64':
      return Float64Array.of(number);
    case 'int64':
      return BigInt64Array.of(BigInt(Math.trunc(number)));
    case 'int32':
      return Int32Array.of(number);
    case 'bool':
      return Uint8Array.of(number === 0 ? 0 : 1);
  }
}

function cached(graph: Graph, key: string, make: () => Value): Value {
  const known = graph.cache.get(key);
  if (known !== undefined) return known;
  const value = make();
  graph.cache.set(key, value);
  return value;
}
