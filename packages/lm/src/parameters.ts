import { randomFromSeed } from '@memtrain/policy';
import type { LanguageModelConfiguration } from './configuration.ts';

/** Name, shape and place of one parameter in the flat vector of all parameters. */
export interface ParameterSpec {
  /** Hugging Face name, e.g. `model.layers.0.self_attn.q_proj.weight`. */
  readonly name: string;
  /** Linear weights are [out, in], as in PyTorch. */
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** Every parameter of a decoder in a fixed order. */
export function parameterSpecs(configuration: LanguageModelConfiguration): ParameterSpec[] {
  const { vocabularySize: V, hiddenSize: D, heads: H, keyValueHeads: K, headSize: S, intermediateSize: F } = configuration;
  const { architecture = 'qwen3' } = configuration;
  const shapes: [string, number[]][] = [['model.embed_tokens.weight', [V, D]]];
  const bias = (name: string, size: number): [string, number[]][] => (architecture === 'qwen2' ? [[`${name}.bias`, [size]]] : []);
  for (let layer = 0; layer < configuration.layers; layer++) {
    const at = `model.layers.${layer}.`;
    shapes.push(
      [`${at}input_layernorm.weight`, [D]],
      [`${at}self_attn.q_proj.weight`, [H * S, D]],
      ...bias(`${at}self_attn.q_proj`, H * S),
      [`${at}self_attn.k_proj.weight`, [K * S, D]],
      ...bias(`${at}self_attn.k_proj`, K * S),
      [`${at}self_attn.v_proj.weight`, [K * S, D]],
      ...bias(`${at}self_attn.v_proj`, K * S),
      [`${at}self_attn.o_proj.weight`, [D, H * S]],
    );
    if (architecture === 'qwen3') shapes.push([`${at}self_attn.q_norm.weight`, [S]], [`${at}self_attn.k_norm.weight`, [S]]);
    shapes.push(
      [`${at}post_attention_layernorm.weight`, [D]],
      [`${at}mlp.gate_proj.weight`, [F, D]],
      [`${at}mlp.up_proj.weight`, [F, D]],
      [`${at}mlp.down_proj.weight`, [D, F]],
    );
  }
  shapes.push(['model.norm.weight', [D]]);
  if (!configuration.tiedEmbeddings) shapes.push(['lm_head.weight', [V, D]]);
  return specsOf(shapes);
}

/** Names and shapes, laid out one after another. */
export function specsOf(shapes: readonly (readonly [name: string, shape: readonly number[]])[]): ParameterSpec[] {
  let offset = 0;
  return shapes.map(([name, shape]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const spec = { name, shape, offset, size };
    offset += size;
    return spec;
  });
}

/** Number of floats of all parameters together. */
export function parameterCount(specs: readonly ParameterSpec[]): number {
  const last = specs[specs.length - 1];
  return last ? last.offset + last.size : 0;
}

/** Fresh weights: normal with standard deviation `initializerRange`, norms at 1, biases at 0. Same seed, same weights. */
export function initialParameters(configuration: LanguageModelConfiguration, seed: number): Float32Array<ArrayBuffer> {
  const specs = parameterSpecs(configuration);
  const flat = new Float32Array(parameterCount(specs));
  const random = randomFromSeed(seed);
  for (const { name, shape, offset, size } of specs) {
    if (name.endsWith('.bias')) continue;
    if (shape.length === 1) flat.fill(1, offset, offset + size);
    else for (let i = 0; i < size; i++) flat[offset + i] = configuration.initializerRange * normal(random);
  }
  return flat;
}

/** One standard normal number (Box-Muller). */
function normal(random: { float(): number }): number {
  return Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float());
}

/** Views of the flat vector, one a parameter. */
export function parameterViews(flat: Float32Array<ArrayBuffer>, specs: readonly ParameterSpec[]): Float32Array<ArrayBuffer>[] {
  return specs.map(({ offset, size }) => flat.subarray(offset, offset + size));
}
