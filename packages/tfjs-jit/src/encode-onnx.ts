import onnxProto from 'onnx-proto';
import { TfjsJitError } from './errors.ts';
import { elementTypeCodes, isEmpty } from './onnx-graph.ts';
import type { Attribute, Graph, GraphNode, Initializer, Value } from './onnx-graph.ts';

// onnx-proto is CommonJS: its names are properties of the default import.
const { onnx } = onnxProto;

/** Protobuf cannot hold a message of 2 GiB or more. */
const maximalBytes = 2 ** 31 - 1;

/** The part of a graph that its outputs need. */
export interface OnnxModel {
  readonly nodes: readonly GraphNode[];
  readonly constants: readonly Initializer[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** Where a constant lies that is not inside the protobuf. */
export interface ExternalPlace {
  readonly location: string;
  readonly offset: number;
}

/** The nodes that make the outputs, which are renamed `output_0`, .... */
export function modelOf(graph: Graph, inputs: readonly Value[], outputs: readonly Value[]): OnnxModel {
  const named = nameOutputs(graph, outputs);
  const nodes = reachableNodes(named.nodes, named.outputs);
  const used = new Set(nodes.flatMap((node) => node.inputs));
  const constants = [...graph.initializers.values()].filter(({ value }) => used.has(value.name));
  return { nodes, constants, inputs, outputs: named.outputs };
}

/** Whether a node reads the value. */
export function isUsed(model: OnnxModel, value: Value): boolean {
  return model.nodes.some((node) => node.inputs.includes(value.name));
}

/**
 * Encodes an ONNX model (opset 18, IR version 8). `place` says which constants are stored elsewhere. Throws `model-too-large` when the others need
 * more than a protobuf holds.
 */
export function encodeOnnx(model: OnnxModel, place: (constant: Initializer) => ExternalPlace | undefined = () => undefined): Uint8Array {
  const places = new Map(model.constants.map((constant) => [constant, place(constant)]));
  const inside = model.constants.reduce((sum, constant) => sum + (places.get(constant) === undefined ? constant.data.byteLength : 0), 0);
  if (inside > maximalBytes) {
    throw new TfjsJitError(
      'model-too-large',
      `the constants of the traced function need ${inside} bytes, an ONNX file holds less than 2 GiB; use saveGraph`,
    );
  }
  const message = onnx.ModelProto.create({
    irVersion: onnx.Version.IR_VERSION,
    producerName: '@memtrain/tfjs-jit',
    opsetImport: [
      { domain: '', version: 18 },
      { domain: 'com.microsoft', version: 1 },
    ],
    graph: {
      name: 'traced',
      node: model.nodes.map((node) => ({
        // By its name a node is left to the CPU.
        name: nodeName(node),
        opType: node.operator,
        domain: node.domain,
        input: [...node.inputs],
        output: [...node.outputs],
        attribute: Object.entries(node.attributes).map(([name, attribute]) => encodeAttribute(name, attribute)),
      })),
      initializer: model.constants.map((constant) => encodeConstant(constant, places.get(constant))),
      input: model.inputs.filter((value) => !isEmpty(value)).map(encodeValueInfo),
      output: model.outputs.filter((value) => !isEmpty(value)).map(encodeValueInfo),
    },
  });
  return onnx.ModelProto.encode(message).finish();
}

/** Unique, for every value is made once. */
export function nodeName({ outputs }: GraphNode): string {
  return `make_${outputs.find((name) => name !== '') ?? ''}`;
}

/** The bytes of a constant, not copied. */
export function constantBytes({ data }: Initializer): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function encodeConstant(constant: Initializer, place: ExternalPlace | undefined): InstanceType<typeof onnx.TensorProto> {
  const { value } = constant;
  const header = { name: value.name, dims: [...value.shape], dataType: elementTypeCodes[value.type] };
  if (place === undefined) return onnx.TensorProto.create({ ...header, rawData: constantBytes(constant) });
  const entries = { location: place.location, offset: String(place.offset), length: String(constant.data.byteLength) };
  return onnx.TensorProto.create({
    ...header,
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, entry]) => ({ key, value: entry })),
  });
}

/** Renames the values that are outputs; one that no node makes, or that is an output twice, goes through an Identity. */
function nameOutputs(graph: Graph, outputs: readonly Value[]): { nodes: GraphNode[]; outputs: Value[] } {
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  const renamed = new Map<string, string>();
  const copies: GraphNode[] = [];
  const named = outputs.map((value, index): Value => {
    const name = `output_${index}`;
    if (isEmpty(value)) return value;
    if (made.has(value.name) && !renamed.has(value.name)) renamed.set(value.name, name);
    else copies.push({ operator: 'Identity', domain: '', inputs: [value.name], outputs: [name], attributes: {} });
    return { ...value, name };
  });
  const rename = (name: string): string => renamed.get(name) ?? name;
  const nodes = [...graph.nodes, ...copies].map((node) => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
  return { nodes, outputs: named };
}

function reachableNodes(nodes: readonly GraphNode[], outputs: readonly Value[]): GraphNode[] {
  const needed = new Set(outputs.map((value) => value.name));
  const kept: GraphNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    for (const name of node.inputs) needed.add(name);
    kept.push(node);
  }
  return kept.toReversed();
}

function encodeAttribute(name: string, attribute: Attribute): InstanceType<typeof onnx.AttributeProto> {
  const { AttributeType } = onnx.AttributeProto;
  if ('int' in attribute) return onnx.AttributeProto.create({ name, type: AttributeType.INT, i: attribute.int });
  if ('float' in attribute) return onnx.AttributeProto.create({ name, type: AttributeType.FLOAT, f: attribute.float });
  if ('ints' in attribute) return onnx.AttributeProto.create({ name, type: AttributeType.INTS, ints: [...attribute.ints] });
  return onnx.AttributeProto.create({ name, type: AttributeType.STRING, s: new TextEncoder().encode(attribute.string) });
}

function encodeValueInfo(value: Value): InstanceType<typeof onnx.ValueInfoProto> {
  return onnx.ValueInfoProto.create({
    name: value.name,
    type: {
      tensorType: { elemType: elementTypeCodes[value.type], shape: { dim: value.shape.map((dimension) => ({ dimValue: dimension })) } },
    },
  });
}
