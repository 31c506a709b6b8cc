import { MemtrainError } from '../errors.ts';
import type { Progress } from '../progress/progress.ts';

export interface MakeBackboneOptions {
  /** Folder to be made; must not exist. */
  readonly folder: string;
  readonly seed: number;
  readonly worldSeed: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Makes the warm-started backbone of the miniature from nothing: the same seed gives the same bytes. */
export async function makeBackbone(options: MakeBackboneOptions): Promise<void> {
  throw new MemtrainError('not-available', `the backbone for ${options.folder} cannot be made by this version: use --scale demo or smoke`);
}
