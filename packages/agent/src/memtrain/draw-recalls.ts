import { deriveSeed, randomFromSeed } from '@memtrain/policy';
import type { Random } from '@memtrain/policy';
import { maskTarget } from './mask-target.ts';
import type { PromptTemplate } from '../templates/prompt-template.ts';
import type { Trajectory } from '../read/trajectory.ts';

const mask = '[MASK]';

/** Finds the entities of a chunk that may be asked for; `exclude` holds those that may not. */
export type EntitiesOf = (chunk: string, exclude: readonly string[]) => readonly string[];

export interface DrawRecallsOptions {
  readonly template: PromptTemplate;
  readonly entitiesOf: EntitiesOf;
  /** Entities that must not become a target, e.g. the document's own answers. Default none; `[MASK]` never does. */
  readonly exclude?: (trajectory: Trajectory) => readonly string[];
  /** Seed of the draw of (k, l, target). Default: the trajectory's own, so that each draws for itself, as in the paper. */
  readonly seedOf?: (trajectory: Trajectory) => number;
  /**
   * True: of the entities of chunk l those come first that stand in no other chunk up to k, so that the memory can owe the target to
   * chunk l alone. Default false: all are alike.
   */
  readonly preferUnrepeated?: boolean;
}

/** One question of intermediate memory recall (I): which entity is hidden in chunk l, given the memory after the later chunk k? */
export interface Recall {
  readonly trajectoryId: string;
  /** The memory shown is the one after chunk k (0-based), k >= 1. */
  readonly k: number;
  /** The chunk shown, l < k. */
  readonly l: number;
  readonly target: string;
  readonly prompt: string;
  /** Seed of the answers' sampling. */
  readonly seed: number;
}

/**
 * Draws one recall a trajectory, in the trajectories' order: k uniform over the memories but the first, l uniform below k, a target
 * uniform over the different entities of chunk l, every occurrence of it replaced by the template's placeholder. When chunk l has no
 * usable entity, another (k, l) is drawn; undefined when none has one, or with fewer than two memories. Follows from the seed, the chunks,
 * the number of memories and the options alone.
 */
export function drawRecalls(trajectories: readonly Trajectory[], options: DrawRecallsOptions): (Recall | undefined)[] {
  return trajectories.map((trajectory) => drawRecall(trajectory, options));
}

function drawRecall(trajectory: Trajectory, options: DrawRecallsOptions): Recall | undefined {
  const { template, preferUnrepeated = false } = options;
  const { item, memories } = trajectory;
  const random = randomFromSeed(deriveSeed(options.seedOf?.(trajectory) ?? item.seed, 'recall'));
  const exclude = options.exclude?.(trajectory) ?? [];
  const barren = new Set<number>();
  for (const k of random.shuffle([...memories.keys()].slice(1))) {
    for (const l of random.shuffle([...memories.keys()].slice(0, k))) {
      if (barren.has(l)) continue;
      const others = preferUnrepeated ? item.chunks.slice(0, k + 1).toSpliced(l, 1) : [];
      const drawn = drawTarget(item.chunks[l]!, { exclude, others, random }, options);
      if (drawn) {
        const prompt = template.recall({ memory: memories[k]!, chunk: drawn.chunk });
        return { trajectoryId: trajectory.id, k, l, target: drawn.target, prompt, seed: deriveSeed(item.seed, 'recall-answer') };
      }
      barren.add(l);
    }
  }
  return undefined;
}

function drawTarget(
  chunk: string,
  draw: { readonly exclude: readonly string[]; readonly others: readonly string[]; readonly random: Random },
  options: DrawRecallsOptions,
): { readonly target: string; readonly chunk: string } | undefined {
  const { exclude, others, random } = draw;
  const { target: placeholder } = options.template;
  const banned = new Set(exclude);
  const found = new Set(options.entitiesOf(chunk, exclude));
  let repeated: { readonly target: string; readonly chunk: string } | undefined;
  for (const target of random.shuffle([...found].filter((entity) => !banned.has(entity) && !entity.includes(mask)))) {
    const masked = maskTarget(chunk, target, placeholder);
    if (masked === undefined) continue;
    const drawn = { target, chunk: masked };
    if (!others.some((other) => maskTarget(other, target, placeholder) !== undefined)) return drawn;
    repeated ??= drawn;
  }
  return repeated;
}
