import { rolloutMemTrain } from '@memtrain/agent';
import type { EntitiesOf, PromptTemplate, RolloutDocument, ScoredReading } from '@memtrain/agent';
import type { RolloutContext } from '@memtrain/grpo';
import type { RewardTrajectory } from '@memtrain/rewards';
import { applyReward, type CustomReward } from './custom-reward.ts';
import { memtrainRewards } from './memtrain-rewards.ts';
import { reportTrajectory } from './report-trajectory.ts';
import { requireFinished } from './require-finished.ts';
import type { TaskRollout } from './run-training.ts';

/** How an agent reads. */
export interface ReadingOptions {
  readonly template: PromptTemplate;
  readonly memoryTokens: number;
  readonly answerTokens: number;
  readonly temperature: number;
  /** Where the chunk stands in a memory update's prompt; `chunk-first` lets a group share nearly all of it. Default `memory-first`. */
  readonly layout?: 'memory-first' | 'chunk-first';
}

export interface ReadingRolloutOptions {
  /** Name in the record of trajectories. */
  readonly arm: string;
  /** Documents of an update (counted from 1) and refill (0: none); must follow from these alone, so that a resumed run reads the same. */
  readonly documents: (step: number, attempt: number) => readonly RolloutDocument[] | Promise<readonly RolloutDocument[]>;
  readonly reading: ReadingOptions;
  readonly objective: {
    readonly groupSize: number;
    /** 0: no recall task. */
    readonly recallSamples: number;
    readonly lambda: number;
    /** One recall target for all readings of a document. Default false. */
    readonly shareTarget?: boolean;
    /** Recall targets that stand in no other chunk, where there are any. Default false. */
    readonly preferUnrepeated?: boolean;
    /** Answers from an empty memory to each problem. Default 0. */
    readonly leakProbes?: number;
  };
  /** In the place of equation 2. */
  readonly customReward?: CustomReward | undefined;
  /** Needed when `recallSamples` is above 0. */
  readonly entitiesOf?: EntitiesOf;
}

/** The tasks of an agent that reads: masked documents (E and I), or questions about texts (QA). */
export function readingRollout(options: ReadingRolloutOptions): (context: RolloutContext) => Promise<TaskRollout> {
  const { objective, reading, entitiesOf } = options;
  return async ({ step, attempt, seed, model, signal }) => {
    const rollout = await rolloutMemTrain(model, await options.documents(step, attempt), {
      ...reading,
      seed,
      trajectories: objective.groupSize,
      recallSamples: objective.recallSamples,
      couple: objective.lambda > 0,
      shareTarget: objective.shareTarget ?? false,
      preferUnrepeated: objective.preferUnrepeated ?? false,
      leakProbes: objective.leakProbes ?? 0,
      rewards: memtrainRewards(objective.lambda),
      ...(entitiesOf && { entitiesOf }),
      ...(signal && { signal }),
    });
    const { groups, readings, statistics } = rollout;
    requireFinished(groups, { step, trajectories: readings.map(({ trajectory }) => trajectory) });
    const samples = readings.slice(0, 1).map((each) => reportTrajectory(options.arm, step, each));
    if (!options.customReward) return { groups, metrics: { ...statistics }, samples };
    const rewarded = await applyReward(
      options.customReward,
      { groups, trajectories: rewardTrajectories(readings) },
      {
        model,
        template: reading.template,
        signal,
      },
    );
    return { groups: rewarded.groups, metrics: { ...statistics, custom: rewarded.metrics }, samples };
  };
}

/** The finished readings, as a reward sees them. */
function rewardTrajectories(readings: readonly ScoredReading[]): (RewardTrajectory & { readonly group: string })[] {
  return readings
    .filter(({ trajectory }) => trajectory.error === undefined)
    .map(({ trajectory, document, groupId, recall }) => ({
      ...trajectory,
      gold: document.gold,
      group: groupId,
      ...(recall && { recallRewards: recall.answers.filter(({ error }) => error === undefined).map((answer) => answer.reward) }),
    }));
}
