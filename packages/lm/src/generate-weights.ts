import type { GenerationContext } from './generate.ts';

/** One input of a compiled decoding step: a parameter, or several that stand one after another in memory, as rows of one matrix. */
export interface DecodingWeight {
  /** Of the parameters in it, in their order. */
  readonly names: readonly string[];
  /** Rows of each. */
  readonly rows: readonly number[];
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Projections of the same vector: one product of all is quicker than one each. */
const SIBLINGS: ReadonlySet<string> = new Set(['q_proj k_proj', 'k_proj v_proj', 'gate_proj up_proj']);

/** The parameters in their order, siblings together wherever their memory allows it without a copy. */
export function decodingWeights({ specs, parameters }: Pick<GenerationContext, 'specs' | 'parameters'>): DecodingWeight[] {
  const weights: DecodingWeight[] = [];
  for (const [i, { name, shape }] of specs.entries()) {
    const own: DecodingWeight = { names: [name], rows: [shape[0]!], shape, data: parameters[i]! };
    const joined = weights.length > 0 ? join(weights.at(-1)!, own) : undefined;
    if (joined) weights[weights.length - 1] = joined;
    else weights.push(own);
  }
  return weights;
}

function join(before: DecodingWeight, next: DecodingWeight): DecodingWeight | undefined {
  const [first, second] = [before.names.at(-1)!, next.names[0]!];
  if (!SIBLINGS.has(`${projection(first)} ${projection(second)}`)) return undefined;
  const { buffer, byteOffset, byteLength, length } = before.data;
  if (buffer !== next.data.buffer || byteOffset + byteLength !== next.data.byteOffset) return undefined;
  return {
    names: [...before.names, second],
    rows: [...before.rows, ...next.rows],
    shape: [before.shape[0]! + next.shape[0]!, before.shape[1]!],
    data: new Float32Array(buffer, byteOffset, length + next.data.length),
  };
}

function projection(name: string): string | undefined {
  return /(\w+)\.weight$/.exec(name)?.[1];
}
