import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWorld } from '@memtrain/corpus';
import { loadLanguageModel } from '@memtrain/lm';
import { wordTokenizer } from '@memtrain/policy';
import { MemtrainError } from '../errors.ts';
import type { Progress } from '../progress/progress.ts';
import { makeBackbone } from './make-backbone.ts';
import type { MiniatureEngine } from './run-miniature.ts';
import type { MiniatureScale } from './scales.ts';

/** Folder of the backbone that comes with the package: the one of seed 0. */
export function shippedBackbone(): string {
  return fileURLToPath(new URL('../../assets/backbone', import.meta.url));
}

/** Whether a backbone is made for every seed, instead of starting from the shipped one. */
export function makesOwnBackbones(scale: MiniatureScale): boolean {
  return scale.seeds > 1;
}

/** Throws `MemtrainError` (`no-file`) when the scale starts from the shipped backbone and there is none. */
export function requireBackbone(scale: MiniatureScale): void {
  const folder = shippedBackbone();
  if (makesOwnBackbones(scale) || existsSync(join(folder, 'config.json'))) return;
  throw new MemtrainError('no-file', `no backbone in ${folder}: make it with memtrain backbone --out ${folder}`);
}

export interface LocalEngineOptions {
  readonly scale: MiniatureScale;
  /** Where backbones that are made on the way are kept. */
  readonly folder: string;
  readonly seed: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** The engine on this machine's processor: `demo` and `smoke` start from the shipped backbone, larger scales make one for each seed. */
export async function openLocalEngine(options: LocalEngineOptions): Promise<MiniatureEngine & { dispose(): Promise<void> }> {
  const { scale, folder, seed: firstSeed, progress, signal } = options;
  const tokenizer = wordTokenizer(createWorld(scale.worldSeed).vocabulary);
  const backbone = async (seed: number): Promise<string> => {
    if (!makesOwnBackbones(scale)) return shippedBackbone();
    const path = join(folder, 'backbones', `seed-${seed}`);
    // Made under another name and renamed, so a folder of this name is whole.
    if (!existsSync(path)) await makeBackbone({ folder: path, seed, worldSeed: scale.worldSeed, progress, signal });
    return path;
  };
  const first = await backbone(firstSeed);
  const learner = await loadLanguageModel(first, { tokenizer });
  return { learner, backbone, dispose: async () => learner.dispose() };
}
