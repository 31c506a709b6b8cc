import { deriveSeed, randomFromSeed } from '@memtrain/policy';
import type { LanguageModelConfiguration } from './configuration.ts';
import { LanguageModelError } from './errors.ts';
import { parameterCount, parameterSpecs, specsOf, type ParameterSpec } from './parameters.ts';

/** Projections that can have an adapter. */
export const LORA_TARGETS = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;

export type LoraTarget = (typeof LORA_TARGETS)[number];

/**
 * Low-rank adapters (Hu et al., LoRA): the projection W x becomes W x + alpha / rank * B A x, and only A [rank, in] and B [out, rank] are
 * trained. There is no dropout.
 */
export interface LoraOptions {
  readonly rank: number;
  /** Default: the rank, so that the factor is 1. */
  readonly alpha?: number;
  /** Default: all seven projections of every layer. */
  readonly targets?: readonly LoraTarget[];
}

/** `LoraOptions` with its defaults filled in. */
export type LoraSettings = Required<LoraOptions>;

/** Fills in defaults. Throws `LanguageModelError` (`bad-adapter`) for a rank, alpha or target that cannot be. */
export function loraSettings(options: LoraOptions, where = 'lora'): LoraSettings {
  const { rank, alpha = rank, targets = LORA_TARGETS } = options;
  const fail = (what: string): never => {
    throw new LanguageModelError('bad-adapter', `${where}: ${what}`);
  };
  if (!Number.isInteger(rank) || rank < 1 || rank > 65_536) fail(`the rank must be a whole number from 1 to 65536, not ${rank}`);
  if (!Number.isFinite(alpha) || alpha <= 0) fail(`alpha must be a positive number, not ${alpha}`);
  const unknown = targets.find((target) => !LORA_TARGETS.includes(target));
  if (unknown !== undefined) fail(`the target ${JSON.stringify(unknown)} is not supported: name some of ${LORA_TARGETS.join(', ')}`);
  if (targets.length === 0) fail(`there are no targets: name some of ${LORA_TARGETS.join(', ')}`);
  return { rank, alpha, targets: LORA_TARGETS.filter((target) => targets.includes(target)) };
}

/** The first setting in which adapters of the one do not fit the other, as text; undefined when they fit. */
export function settingsDifference(found: LoraSettings, own: LoraSettings): string | undefined {
  const names = ['rank', 'alpha', 'targets'] as const;
  const name = names.find((key) => String(found[key]) !== String(own[key]));
  return name && `${name} is ${String(found[name])} there, but ${String(own[name])} in this model`;
}

/** The adapters' parameters, A before B, in the order of the projections. */
export function adapterSpecs(configuration: LanguageModelConfiguration, { rank, targets }: LoraSettings): ParameterSpec[] {
  return specsOf(
    adaptedSpecs(configuration, targets).flatMap(({ name, shape: [out, into] }): [string, number[]][] => {
      const module = name.slice(0, -'.weight'.length);
      return [
        [`${module}.lora_A.weight`, [rank, into!]],
        [`${module}.lora_B.weight`, [out!, rank]],
      ];
    }),
  );
}

/** Fresh adapters that change nothing yet: A uniform within 1 / sqrt(in), as PEFT's, and B zero. Same seed, same adapters. */
export function initialAdapter(configuration: LanguageModelConfiguration, settings: LoraSettings, seed: number): Float32Array<ArrayBuffer> {
  const specs = adapterSpecs(configuration, settings);
  const flat = new Float32Array(parameterCount(specs));
  const random = randomFromSeed(deriveSeed(seed, 'adapter'));
  for (const { name, shape, offset, size } of specs) {
    if (!name.endsWith('.lora_A.weight')) continue;
    const bound = shape[1]! ** -0.5;
    for (let i = 0; i < size; i++) flat[offset + i] = bound * (2 * random.float() - 1);
  }
  return flat;
}

/** The weights with the adapters added in: W + alpha / rank * B A. */
export function mergeAdapter(
  configuration: LanguageModelConfiguration,
  settings: LoraSettings,
  { parameters, adapter }: { readonly parameters: Float32Array; readonly adapter: Float32Array },
): Float32Array<ArrayBuffer> {
  const merged = new Float32Array(parameters);
  const { rank, alpha, targets } = settings;
  const places = new Map(adapterSpecs(configuration, settings).map(({ name, offset }) => [name, offset]));
  for (const { name, shape, offset } of adaptedSpecs(configuration, targets)) {
    const [out, into] = shape as [number, number];
    const module = name.slice(0, -'.weight'.length);
    const a = places.get(`${module}.lora_A.weight`)!;
    const b = places.get(`${module}.lora_B.weight`)!;
    const change = new Float64Array(into);
    for (let row = 0; row < out; row++) {
      change.fill(0);
      for (let k = 0; k < rank; k++) {
        const factor = (alpha / rank) * adapter[b + row * rank + k]!;
        for (let column = 0; column < into; column++) change[column]! += factor * adapter[a + k * into + column]!;
      }
      for (let column = 0; column < into; column++) merged[offset + row * into + column]! += change[column]!;
    }
  }
  return merged;
}

/** The weights that have an adapter. */
function adaptedSpecs(configuration: LanguageModelConfiguration, targets: readonly LoraTarget[]): ParameterSpec[] {
  return parameterSpecs(configuration).filter(({ name }) => targets.some((target) => name.endsWith(`.${target}.weight`)));
}
