import type { Conversation, RolloutGroup } from '@memtrain/policy';
import { truncatedImportanceWeights } from './importance-weights.ts';

export interface RecomputedGroups {
  /** The groups with the learner's log-probabilities in place of the sampler's. */
  readonly groups: readonly RolloutGroup[];
  /** Truncated importance weights of the new conversations' tokens. */
  readonly advantageFactors?: ReadonlyMap<Conversation, Float32Array>;
}

/** Puts the learner's own log-probabilities in place of the sampler's; with `cap`, also the weights that correct for the difference. */
export function replaceLogprobs(
  groups: readonly RolloutGroup[],
  logprobs: ReadonlyMap<Conversation, Float32Array>,
  cap: number | undefined,
): RecomputedGroups {
  const factors = new Map<Conversation, Float32Array>();
  const replace = (conversation: Conversation): Conversation => {
    const own = logprobs.get(conversation);
    if (!own) return conversation;
    const replaced = { ...conversation, logprobs: own };
    if (cap !== undefined) factors.set(replaced, truncatedImportanceWeights(own, conversation.logprobs, { cap }));
    return replaced;
  };
  const replaced = groups.map((group) => ({
    ...group,
    trajectories: group.trajectories.map((trajectory) => ({ ...trajectory, conversations: trajectory.conversations.map(replace) })),
  }));
  return { groups: replaced, ...(cap !== undefined && { advantageFactors: factors }) };
}

/** |learner - sampler| log-probability over tokens. */
export function samplerMismatch(recomputed: ReadonlyMap<Conversation, Float32Array>): { mean: number; largest: number } {
  const { sum, tokens, largest } = overTokens(recomputed, (own, sampled) => Math.abs(own - sampled));
  return { mean: tokens === 0 ? 0 : sum / tokens, largest };
}

/** Mean k3 estimate per token of the KL to the reference: unbiased on samples of the policy, and never negative. */
export function meanReferenceKl(reference: ReadonlyMap<Conversation, Float32Array>): number {
  const { sum, tokens } = overTokens(reference, (known, sampled) => Math.expm1(known - sampled) - (known - sampled));
  return tokens === 0 ? 0 : sum / tokens;
}

function overTokens(
  values: ReadonlyMap<Conversation, Float32Array>,
  measure: (value: number, sampled: number) => number,
): { sum: number; tokens: number; largest: number } {
  const found = { sum: 0, tokens: 0, largest: 0 };
  for (const [{ logprobs }, own] of values) {
    for (let t = 0; t < own.length; t++) {
      const measured = measure(own[t]!, logprobs[t]!);
      found.sum += measured;
      found.tokens++;
      found.largest = Math.max(found.largest, measured);
    }
  }
  return found;
}
