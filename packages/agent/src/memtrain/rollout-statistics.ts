import type { ScoredReading } from './scored-reading.ts';
import type { End } from '../read/trajectory.ts';

/** Number of readings or answers by how they ended. */
export type EndCounts = Readonly<Record<End, number>>;

/** What a rollout was like. Failed calls count as wrong in every accuracy. Means over nothing are absent. */
export interface RolloutStatistics {
  readonly readings: number;
  /** Mean outcome of the readings (E and QA), in [0, 1] for 0/1 verifiers. */
  readonly accuracy?: number;
  /** Mean reward of the readings, coupling term included. */
  readonly meanReward?: number;
  readonly ends: EndCounts;
  /** Number of recall answers asked for. */
  readonly recallAnswers: number;
  /** Mean recall reward. */
  readonly recallAccuracy?: number;
  readonly recallEnds: EndCounts;
  /** Readings of two or more memories for which no recall could be drawn. */
  readonly readingsWithoutRecall: number;
  readonly memories: number;
  /** Memories cut by the token limit. */
  readonly truncatedMemories: number;
  /** Mean number of generated tokens of a memory; absent when the model shows no token ids. */
  readonly meanMemoryTokens?: number;
  /** Mean verdict on answers given with an empty memory (`leakProbes`), failed calls included as wrong; they count nowhere else. */
  readonly leakRate?: number;
  readonly conversations: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

export interface RolloutStatisticsOptions {
  /** Whether a recall was due for a reading. */
  readonly recallDue: (reading: ScoredReading) => boolean;
  /** Verdicts on the answers given with an empty memory. */
  readonly leaks: readonly number[];
}

export function rolloutStatistics(readings: readonly ScoredReading[], options: RolloutStatisticsOptions): RolloutStatistics {
  const { recallDue, leaks } = options;
  const trajectories = readings.map((reading) => reading.trajectory);
  const answers = readings.flatMap((reading) => reading.recall?.answers ?? []);
  const memoryTokens = trajectories.flatMap(({ conversations, memories }) =>
    conversations.slice(0, memories.length).map((conversation) => conversation.completion.length),
  );
  const conversations = [
    ...trajectories.flatMap((trajectory) => trajectory.conversations),
    ...answers.flatMap(({ conversation }) => (conversation ? [conversation] : [])),
  ];
  return {
    readings: readings.length,
    ...mean(
      'accuracy',
      readings.map((reading) => reading.outcome),
    ),
    ...mean(
      'meanReward',
      readings.map((reading) => reading.reward),
    ),
    ends: countEnds(trajectories),
    recallAnswers: answers.length,
    ...mean(
      'recallAccuracy',
      answers.map((answer) => answer.reward),
    ),
    recallEnds: countEnds(answers),
    readingsWithoutRecall: readings.filter((reading) => !reading.recall && recallDue(reading) && reading.trajectory.memories.length >= 2)
      .length,
    memories: sum(trajectories.map((trajectory) => trajectory.memories.length)),
    truncatedMemories: sum(trajectories.map((trajectory) => trajectory.truncatedMemories)),
    ...mean('meanMemoryTokens', memoryTokens),
    ...mean('leakRate', leaks),
    conversations: conversations.length,
    promptTokens: sum(conversations.map(({ prompt }) => prompt.length)),
    generatedTokens: sum(conversations.map(({ completion }) => completion.length)),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function mean<Name extends string>(name: Name, values: readonly number[]): { [Key in Name]?: number } {
  return (values.length === 0 ? {} : { [name]: sum(values) / values.length }) as { [Key in Name]?: number };
}

function countEnds(ended: readonly { readonly end: End }[]): EndCounts {
  const counts = { answered: 0, 'no-answer': 0, length: 0, 'bad-memory': 0, 'model-error': 0, 'template-error': 0, cancelled: 0 };
  for (const { end } of ended) counts[end]++;
  return counts;
}
