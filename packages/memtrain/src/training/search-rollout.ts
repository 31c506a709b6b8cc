import { rolloutSearch, searchTemplates } from '@memtrain/agent';
import type { Retriever, ScoredSearch, SearchTemplate } from '@memtrain/agent';
import type { GoldAnswers } from '@memtrain/benchmarks';
import type { RolloutContext } from '@memtrain/grpo';
import type { Tokenizer } from '@memtrain/policy';
import type { RewardTrajectory } from '@memtrain/rewards';
import type { SearchConfig } from '../config/train-config.ts';
import type { ReportTrajectory } from '../report/report-data.ts';
import { applyReward, type CustomReward } from './custom-reward.ts';
import { questionReward } from './question-reward.ts';
import { requireFinished } from './require-finished.ts';
import type { TaskRollout } from './run-training.ts';

/** A question and its gold answers. */
export interface TrainingQuestion {
  readonly id: string;
  readonly question: string;
  readonly gold: GoldAnswers;
}

export interface SearchRolloutOptions {
  /** Questions of an update (counted from 1) and refill (0: none); must follow from these alone. */
  readonly questions: (step: number, attempt: number) => readonly TrainingQuestion[];
  readonly retriever: Retriever | string;
  readonly search: SearchConfig;
  readonly template: SearchTemplate;
  readonly temperature: number;
  readonly groupSize: number;
  readonly leakProbes: number;
  /** In the place of `questionReward`, which stays the outcome. */
  readonly customReward?: CustomReward | undefined;
}

/** The task of an agent that searches for the answers to questions (QA). */
export function searchRollout(options: SearchRolloutOptions): (context: RolloutContext) => Promise<TaskRollout> {
  const { search, template, customReward } = options;
  return async ({ step, attempt, seed, model, signal }) => {
    const { groups, searches, statistics } = await rolloutSearch(model, options.questions(step, attempt), {
      retriever: options.retriever,
      template,
      turns: search.turns,
      responseTokens: search.replyTokens,
      resultTokens: search.resultTokens,
      topK: search.passages,
      invalidAction: search.invalidReply,
      temperature: options.temperature,
      trajectories: options.groupSize,
      leakProbes: options.leakProbes,
      seed,
      reward: (answer, { gold }) => {
        const reward = questionReward(answer, gold);
        return { reward, outcome: reward };
      },
      ...(signal && { signal }),
    });
    requireFinished(groups, { step, trajectories: searches.map(({ trajectory }) => trajectory) });
    const samples = searches.slice(0, 1).map((each) => reportSearch(step, each));
    if (!customReward) return { groups, metrics: { ...statistics }, samples };
    const rewarded = await applyReward(customReward, { groups, trajectories: rewardTrajectories(searches) }, { model, signal });
    return { groups: rewarded.groups, metrics: { ...statistics, custom: rewarded.metrics }, samples };
  };
}

/** A search template of this package in the form that a tokenizer can write. */
export function searchTemplateFor(tokenizer: Tokenizer, { template }: Pick<SearchConfig, 'template'>): SearchTemplate {
  return { ...searchTemplates[template], chat: tokenizer.encodeChat !== undefined };
}

type Scored = ScoredSearch<TrainingQuestion>;

function rewardTrajectories(searches: readonly Scored[]): (RewardTrajectory & { readonly group: string })[] {
  return searches
    .filter(({ trajectory }) => trajectory.error === undefined)
    .map(({ trajectory, question, groupId }) => ({
      id: trajectory.id,
      item: { problem: question.question, chunks: [] },
      memories: statesOf(trajectory),
      ...(trajectory.answer !== undefined && { answer: trajectory.answer }),
      answerText: trajectory.turns.at(-1)?.reply ?? '',
      gold: question.gold.answers.flat(),
      group: groupId,
    }));
}

/** A search as the report shows it: what was found in the place of chunks, the state in that of the memory. */
function reportSearch(step: number, { trajectory, question, reward }: Scored): ReportTrajectory {
  return {
    arm: 'train',
    step,
    problem: question.question,
    chunks: trajectory.turns.map(({ query, information }) => [query ?? '', information ?? ''].join('\n').trim()),
    memories: statesOf(trajectory),
    answer: trajectory.answer,
    gold: question.gold.answers.flat()[0] ?? '',
    reward,
  };
}

function statesOf({ turns }: Scored['trajectory']): string[] {
  return turns.map(({ state, reply }) => state ?? reply);
}
