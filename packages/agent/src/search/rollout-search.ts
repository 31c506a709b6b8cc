import { deriveSeed } from '@memtrain/policy';
import type { Model, RolloutGroup } from '@memtrain/policy';
import { checkIntegers } from '../check-options.ts';
import { AgentError } from '../errors.ts';
import { isFailedEnd } from '../read/trajectory.ts';
import { searchQuestions } from './search.ts';
import type { SearchOptions } from './search.ts';
import type { SearchEnd, SearchTrajectory } from './search-trajectory.ts';

/** A question to be searched for by G trajectories; what its answer is judged by is the caller's. */
export interface SearchedQuestion {
  readonly id: string;
  readonly question: string;
}

export interface RolloutSearchOptions<Q extends SearchedQuestion> extends Omit<SearchOptions, 'onProgress' | 'onAbort'> {
  /** All sampling derives from it and from a question's place in the list. */
  readonly seed: number;
  /** Searches for each question. */
  readonly trajectories: number;
  /** What an answer is worth; `undefined` stands for a search that ended without one. `outcome` is the verdict alone. */
  readonly reward: (answer: string | undefined, question: Q) => { readonly reward: number; readonly outcome: number };
  /** Answers to each question in a single turn, in which nothing can be searched; see `SearchStatistics.leakRate`. Default 0. */
  readonly leakProbes?: number;
}

/** A search with what it earned; one that failed has reward and outcome 0 and is in no group. */
export interface ScoredSearch<Q extends SearchedQuestion> {
  readonly question: Q;
  readonly groupId: string;
  readonly trajectory: SearchTrajectory;
  readonly reward: number;
  readonly outcome: number;
}

/** What a rollout of searches was like. Failed ones count as wrong. Means over nothing are absent. */
export interface SearchStatistics {
  readonly searches: number;
  readonly accuracy?: number;
  readonly meanReward?: number;
  readonly ends: Readonly<Record<SearchEnd, number>>;
  /** Mean number of turns, and of queries, of a search. */
  readonly meanTurns?: number;
  readonly meanQueries?: number;
  /** Mean outcome of answers given without a search (`leakProbes`). */
  readonly leakRate?: number;
  readonly conversations: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

export interface RolloutSearchResult<Q extends SearchedQuestion> {
  /** One a question, objective `QA`; those without a finished search are left out. */
  readonly groups: readonly RolloutGroup[];
  /** Question-major. */
  readonly searches: readonly ScoredSearch<Q>[];
  readonly statistics: SearchStatistics;
}

/**
 * One rollout of a searching agent: every question searched for `trajectories` times, rewarded and grouped. A turn is a conversation of its
 * own whose completion is what the model sampled; what was retrieved stands in prompts only, so nothing of it is trained on. Failed calls and
 * a failing retriever say nothing about the policy and are left out of the groups. Throws as `searchQuestions` does, and `AgentError`
 * (`bad-reward`) for a reward that is not finite.
 */
export async function rolloutSearch<Q extends SearchedQuestion>(
  model: Model,
  questions: readonly Q[],
  options: RolloutSearchOptions<Q>,
): Promise<RolloutSearchResult<Q>> {
  const { trajectories, leakProbes = 0, reward, seed, ...searching } = options;
  checkIntegers({ trajectories }, 1);
  checkIntegers({ leakProbes }, 0);
  const ask = async (name: string, count: number, limits: Partial<SearchOptions>): Promise<ScoredSearch<Q>[]> => {
    const planned = questions.flatMap((question, index) => {
      const groupId = `${name}/${index}/${question.id}`;
      return Array.from({ length: count }, (_, k) => ({
        question,
        groupId,
        item: { id: `${groupId}/${k}`, question: question.question, seed: deriveSeed(seed, name, index, k) },
      }));
    });
    const items = planned.map(({ item }) => item);
    const found = await searchQuestions(model, items, { ...searching, ...limits });
    return planned.map(({ question, groupId }, index) => {
      const trajectory = found[index]!;
      const scored = { question, groupId, trajectory, reward: 0, outcome: 0 };
      return failed(trajectory) ? scored : { ...scored, ...checked(reward(trajectory.answer, question), trajectory.id) };
    });
  };
  const searches = await ask('QA', trajectories, {});
  const leaks = leakProbes === 0 ? [] : await ask('leak', leakProbes, { turns: 1 });
  return { groups: groupsOf(searches), searches, statistics: statisticsOf(searches, leaks) };
}

function failed({ end }: SearchTrajectory): boolean {
  return isFailedEnd(end) || end === 'retriever-error';
}

function groupsOf<Q extends SearchedQuestion>(searches: readonly ScoredSearch<Q>[]): RolloutGroup[] {
  const groups = new Map<string, RolloutGroup['trajectories'][number][]>();
  for (const { groupId, trajectory, reward, outcome } of searches) {
    if (failed(trajectory)) continue;
    const own = groups.get(groupId) ?? [];
    own.push({ reward, outcome, conversations: trajectory.conversations });
    groups.set(groupId, own);
  }
  return [...groups].map(([id, trajectories]) => ({ id, objective: 'QA', trajectories }));
}

function statisticsOf<Q extends SearchedQuestion>(
  searches: readonly ScoredSearch<Q>[],
  leaks: readonly ScoredSearch<Q>[],
): SearchStatistics {
  const ends: Record<SearchEnd, number> = {
    answered: 0,
    'no-answer': 0,
    length: 0,
    turns: 0,
    'retriever-error': 0,
    'model-error': 0,
    'template-error': 0,
    cancelled: 0,
  };
  for (const { trajectory } of searches) ends[trajectory.end]++;
  const conversations = searches.flatMap(({ trajectory }) => trajectory.conversations);
  const means = {
    accuracy: mean(searches.map(({ outcome }) => outcome)),
    meanReward: mean(searches.map(({ reward }) => reward)),
    meanTurns: mean(searches.map(({ trajectory }) => trajectory.turns.length)),
    meanQueries: mean(searches.map(({ trajectory }) => trajectory.turns.filter(({ query }) => query !== undefined).length)),
    leakRate: mean(leaks.map(({ outcome }) => outcome)),
  };
  return {
    searches: searches.length,
    ends,
    ...Object.fromEntries(Object.entries(means).filter(([, value]) => value !== undefined)),
    conversations: conversations.length,
    promptTokens: conversations.reduce((sum, { prompt }) => sum + prompt.length, 0),
    generatedTokens: conversations.reduce((sum, { completion }) => sum + completion.length, 0),
  };
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function checked<T extends { readonly reward: number; readonly outcome: number }>(value: T, trajectoryId: string): T {
  if (Number.isFinite(value.reward) && Number.isFinite(value.outcome)) return value;
  throw new AgentError(
    'bad-reward',
    `the reward of trajectory ${trajectoryId} is ${value.reward}, its outcome ${value.outcome}: a reward function must return finite numbers`,
  );
}
