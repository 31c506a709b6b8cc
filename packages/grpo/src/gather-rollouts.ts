import { deriveSeed, type RolloutGroup } from '@memtrain/policy';
import { checkGroups } from './check-groups.ts';
import { asJson, type Json } from './configuration.ts';
import { GrpoError } from './errors.ts';
import { filterGroups } from './filter-groups.ts';
import type { Rollout, TrainOptions } from './train-options.ts';

/** A step's groups, those of its refills included. */
export interface GatheredRollouts {
  readonly groups: readonly RolloutGroup[];
  /** Groups that passed the filter. */
  readonly kept: readonly RolloutGroup[];
  /** The rollouts' own metrics, the first one's first. */
  readonly metrics: readonly Json[];
}

/**
 * Makes the rollout of a step and, as long as fewer groups than `refill.groups` pass the filter, up to `refill.attempts` more.
 * `undefined` when the signal came. Throws `GrpoError` `bad-group`, `stale-samples`, and what `rollout` throws.
 */
export async function gatherRollouts(step: number, options: TrainOptions): Promise<GatheredRollouts | undefined> {
  const { refill = { groups: 0, attempts: 0 }, filter, maxStaleness = 0 } = options;
  const groups: RolloutGroup[] = [];
  const kept: RolloutGroup[] = [];
  const metrics: Json[] = [];
  for (let attempt = 0; attempt === 0 || (attempt <= refill.attempts && kept.length < refill.groups); attempt++) {
    const rollout = await rolloutUnlessAborted(step, attempt, options);
    if (!rollout) return undefined;
    // The sampler names the groups of one rollout; another one may use the same names.
    const own = attempt === 0 ? rollout.groups : rollout.groups.map((group) => ({ ...group, id: `refill ${attempt}: ${group.id}` }));
    checkGroups(own);
    for (const group of own) requireFresh(group, step - 1, maxStaleness);
    groups.push(...own);
    kept.push(...filterGroups(own, filter).kept);
    metrics.push(asJson(rollout.metrics ?? {}));
  }
  return { groups, kept, metrics };
}

async function rolloutUnlessAborted(step: number, attempt: number, options: TrainOptions): Promise<Rollout | undefined> {
  const { learner, seed, signal } = options;
  try {
    const model = await learner.model();
    const rollout = await options.rollout({
      step,
      attempt,
      policyVersion: step - 1,
      seed: attempt === 0 ? deriveSeed(seed, 'rollout', step) : deriveSeed(seed, 'rollout', step, attempt),
      model,
      ...(signal && { signal }),
    });
    return signal?.aborted ? undefined : rollout;
  } catch (error) {
    if (signal?.aborted) return undefined;
    throw error;
  }
}

function requireFresh({ id, objective, policyVersion = Number.NaN }: RolloutGroup, current: number, most: number): void {
  const behind = current - policyVersion;
  if (Number.isNaN(behind) || (behind >= 0 && behind <= most)) return;
  throw new GrpoError(
    'stale-samples',
    behind < 0
      ? `group ${JSON.stringify(id)} of objective ${JSON.stringify(objective)} has policy version ${policyVersion}, but the weights have had ${current} updates`
      : `group ${JSON.stringify(id)} of objective ${JSON.stringify(objective)} was sampled ${behind} updates ago, more than maxStaleness (${most}): sample anew, or allow it`,
  );
}
