import onnxProto from 'onnx-proto';
import { TfjsJitError } from './errors.ts';
import { elementTypeCodes, isEmpty } from './onnx-graph.ts';
import type { Attribute, Graph, GraphNode, Value } from './onnx-graph.ts';

// onnx-proto is CommonJS: its names are properties of the default import.
const { onnx } = onnxProto;

/** Protobuf cannot hold a message of 2 GiB or more. */
const maximalBytes = 2 ** 31 - 1;

/** What is needed to bind a session: one name per input and output, undefined for those without elements. */
export interface EncodedModel {
  readonly bytes: Uint8Array;
  readonly inputNames: readonly (string | undefined)[];
  readonly outputNames: readonly (string | undefined)[];
}

/** Encodes the part of the graph that the outputs need as an ONNX model (opset 18, IR version 8). */
export function encodeOnnx(graph: Graph, inputs: readonly Value[], outputs: readonly Value[]): EncodedModel {
  const named = nameOutputs(graph, outputs);
  const nodes = reachableNodes(named.nodes, named.outputs);
  const used = new Set(nodes.flatMap((node) => node.inputs));
  const initializers = [...graph.initializers.values()].filter(({ value }) => used.has(value.name));
  const bytesOfConstants = initializers.reduce((sum, { data }) => sum + data.byteLength, 0);
  if (bytesOfConstants > maximalBytes) {
    throw new TfjsJitError(
      'model-too-large',
      `the traced function captures ${bytesOfConstants} bytes of constants, an ONNX file holds less than 2 GiB; pass large tensors as inputs`,
    );
  }
  const model = onnx.ModelProto.create({
    irVersion: onnx.Version.IR_VERSION,
    producerName: '@memtrain/tfjs-jit',
    opsetImport: [
      { domain: '', version: 18 },
      { domain: 'com.microsoft', version: 1 },
    ],
    graph: {
      name: 'traced',
      node: nodes.map((node) => ({
        opType: node.operator,
        domain: node.domain,
        input: [...node.inputs],
        output: [...node.outputs],
        attribute: Object.entries(node.attributes).map(([name, attribute]) => encodeAttribute(name, attribute)),
      })),
      initializer: initializers.map(({ value, data }) => ({
        name: value.name,
        dims: [...value.shape],
        dataType: elementTypeCodes[value.type],
        rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      })),
      input: inputs.filter((value) => !isEmpty(value)).map(encodeValueInfo),
      output: named.outputs.filter((value) => !isEmpty(value)).map(encodeValueInfo),
    },
  });
  return {
    bytes: onnx.ModelProto.encode(model).finish(),
    inputNames: inputs.map((value) => (isEmpty(value) ? undefined : value.name)),
    outputNames: named.outputs.map((value) => (isEmpty(value) ? undefined : value.name)),
  };
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
