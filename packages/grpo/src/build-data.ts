import type { Conversation, Datum, RolloutGroup } from '@memtrain/policy';
import { advantages, type AdvantageKind } from './advantages.ts';
import { conversationsOf, tokensOf } from './conversations-of.ts';
import { GrpoError } from './errors.ts';
import { filterGroups, type GroupFilter } from './filter-groups.ts';
import { checkGroups } from './check-groups.ts';
import { statisticsByObjective, type ObjectiveStatistics } from './statistics.ts';

/**
 * What the sum over all completion tokens is divided by; every conversation of every kept group counts, whatever its objective:
 * - `conversationMean`: the number of conversations (paper section 6);
 * - `tokenMean`: the number of tokens (DAPO);
 * - `sequenceMeanTokenMean`: each conversation's own length, then the number of conversations (the first GRPO);
 * - `constant`: the number of conversations times `constantLength` (Dr. GRPO with a fixed length).
 */
export type Aggregation = 'conversationMean' | 'tokenMean' | 'sequenceMeanTokenMean' | 'constant';

export interface BuildDataOptions {
  /** Default `mean`. */
  readonly advantage?: AdvantageKind | undefined;
  /** Default `outcome`. */
  readonly filter?: GroupFilter | undefined;
  /** Default `conversationMean`. */
  readonly aggregation?: Aggregation | undefined;
  /** Tokens; needed by `constant` alone. */
  readonly constantLength?: number | undefined;
  /** Leaves conversations of advantage 0 out of `data`; they still count in the denominator. Wrong with a KL term. Default false. */
  readonly dropZeroAdvantage?: boolean;
  /**
   * Conversations cut by their budget count as such, but their tokens neither count nor are trained on (DAPO; TRL's
   * `mask_truncated_completions`). Default false.
   */
  readonly maskTruncated?: boolean | undefined;
  /** Log-probabilities of the completions under the reference policy. */
  readonly reference?: ReadonlyMap<Conversation, Float32Array> | undefined;
  /** Factors of the advantage per completion token, e.g. `truncatedImportanceWeights`. */
  readonly advantageFactors?: ReadonlyMap<Conversation, Float32Array> | undefined;
}

export interface UpdateStatistics {
  /** Groups handed in. */
  readonly groups: number;
  /** Groups that passed the filter. */
  readonly kept: number;
  /** Conversations of the kept groups: the denominator of `conversationMean`. */
  readonly conversations: number;
  /** Completion tokens of the kept groups. */
  readonly tokens: number;
  /** Conversations in `data`. */
  readonly trained: number;
  readonly objectives: Readonly<Record<string, ObjectiveStatistics>>;
}

export interface BuiltData {
  readonly data: Datum[];
  readonly statistics: UpdateStatistics;
}

/**
 * Groups to training data: the filter, one advantage per trajectory inside its own group, broadcast to its conversations,
 * and the weight that turns a learner's sum into the objective J (paper equation 3). Conversations without completion tokens
 * count, but are left out of `data`. Throws `GrpoError`: `bad-group`, `bad-options`.
 */
export function buildData(groups: readonly RolloutGroup[], options: BuildDataOptions = {}): BuiltData {
  const { advantage = 'mean', filter = 'outcome', dropZeroAdvantage = false, maskTruncated = false, reference, advantageFactors } = options;
  checkGroups(groups);
  const { kept } = filterGroups(groups, filter);
  const all = conversationsOf(kept);
  const isTrained = ({ completion, finish }: Conversation): boolean => completion.length > 0 && !(maskTruncated && finish === 'length');
  const weightOf = tokenWeight(all.length, tokensOf(all.filter(isTrained)), options);
  const data: Datum[] = [];
  for (const group of kept) {
    const values = advantages(
      group.trajectories.map((trajectory) => trajectory.reward),
      { kind: advantage },
    );
    for (const [index, trajectory] of group.trajectories.entries()) {
      const value = values[index]!;
      if (dropZeroAdvantage && value === 0) continue;
      for (const conversation of trajectory.conversations) {
        if (!isTrained(conversation)) continue;
        const { prompt, completion, logprobs, finish } = conversation;
        const known = reference?.get(conversation);
        const factors = advantageFactors?.get(conversation);
        data.push({
          prompt,
          completion,
          logprobs,
          finish,
          advantage: factors ? factors.map((factor) => factor * value) : value,
          weight: weightOf(conversation),
          ...(known && { reference: known }),
        });
      }
    }
  }
  const statistics = {
    groups: groups.length,
    kept: kept.length,
    conversations: all.length,
    tokens: tokensOf(all),
    trained: data.length,
    objectives: statisticsByObjective(groups, kept),
  };
  return { data, statistics };
}

function tokenWeight(conversations: number, tokens: number, options: BuildDataOptions): (conversation: Conversation) => number {
  const { aggregation = 'conversationMean', constantLength } = options;
  if (aggregation === 'conversationMean') return () => 1 / conversations;
  if (aggregation === 'tokenMean') return () => 1 / tokens;
  if (aggregation === 'sequenceMeanTokenMean') return (conversation) => 1 / (conversations * conversation.completion.length);
  if (aggregation !== 'constant') throw new GrpoError('bad-options', `aggregation ${JSON.stringify(aggregation)} is not known`);
  if (constantLength === undefined || !(constantLength > 0)) {
    throw new GrpoError(
      'bad-options',
      `aggregation "constant" needs constantLength above 0, not ${constantLength}: give the length in tokens to divide by`,
    );
  }
  return () => 1 / (conversations * constantLength);
}
