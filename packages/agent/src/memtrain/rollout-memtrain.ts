import { deriveSeed } from '@memtrain/policy';
import type { Model, RolloutGroup, RolloutTrajectory } from '@memtrain/policy';
import { answerRecalls } from './answer-recalls.ts';
import { checkItemsBudget } from '../read/check-budget.ts';
import { checkIntegers } from '../check-options.ts';
import { drawRecalls } from './draw-recalls.ts';
import type { EntitiesOf } from './draw-recalls.ts';
import { probeLeaks } from './probe-leaks.ts';
import { AgentError } from '../errors.ts';
import type { PromptTemplate } from '../templates/prompt-template.ts';
import { readDocuments } from '../read/read-documents.ts';
import type { ReadDocumentsOptions } from '../read/read-documents.ts';
import { readingStyle } from '../read/reading-style.ts';
import { rolloutStatistics } from './rollout-statistics.ts';
import type { RolloutStatistics } from './rollout-statistics.ts';
import type { RolloutDocument, ScoredReading, ScoredRecall } from './scored-reading.ts';
import { isFailedEnd } from '../read/trajectory.ts';
import type { ReadItem, Trajectory } from '../read/trajectory.ts';

/** The rewards; `undefined` stands for a reply without an answer. */
export interface RolloutRewards {
  /** R^I, equation 1. */
  recall(answer: string | undefined, target: string): number;
  /** R^E, equation 2; `recallRewards` is empty when there is nothing to couple. `outcome` is the verdict on the answer alone. */
  endToEnd(
    answer: string | undefined,
    gold: readonly string[],
    recallRewards: readonly number[],
  ): { readonly reward: number; readonly outcome: number };
}

export interface RolloutMemTrainOptions extends Omit<ReadDocumentsOptions, 'onProgress' | 'onAbort'> {
  /** Readings, draws and answers derive from it and from a document's place in the list. */
  readonly seed: number;
  /** G1: readings of each document. */
  readonly trajectories: number;
  /** G2: answers to each recall; 0 makes no recall (End-to-End arm, QA, evaluation). */
  readonly recallSamples: number;
  /** False: recalls are rewarded but not handed to `endToEnd` (Decoupled arm). Default true. */
  readonly couple?: boolean;
  readonly rewards: RolloutRewards;
  /** Needed when `recallSamples` is above 0. */
  readonly entitiesOf?: EntitiesOf;
  /**
   * True: all readings of a document are asked for the same entity of the same chunk after the same step, which takes the noise of the
   * draw out of the group's rewards (advisable for small runs). Default false: each draws for itself, as in the paper.
   */
  readonly shareTarget?: boolean;
  /** True: recall targets are preferably entities that stand in no other chunk read by then (see `drawRecalls`). Default false. */
  readonly preferUnrepeated?: boolean;
  /** Answers to each document's problem with an empty memory, of which `statistics.leakRate` is the share that is right. Default 0: none. */
  readonly leakProbes?: number;
  readonly onProgress?: (stage: 'read' | 'recall', done: number, total: number) => void;
}

export interface RolloutMemTrainResult {
  /** E and QA groups in the documents' order, then the I groups; those without a finished trajectory are left out. */
  readonly groups: readonly RolloutGroup[];
  /** Every reading, document-major, for logs and viewers. */
  readonly readings: readonly ScoredReading[];
  readonly statistics: RolloutStatistics;
}

/**
 * One rollout of MemTrain: each document read G1 times, one recall drawn from each finished E reading and answered G2 times, all rewarded
 * and grouped. Same seed, same requests. Training and evaluation both go through it (evaluation: one trajectory, no recall). Failed calls
 * are left out of the groups, because they say nothing about the policy, and count as wrong in the statistics. Throws `AgentError`:
 * `bad-options` before any call, `bad-file`, `bad-reward` when a reward is not finite; an aborted signal throws its reason.
 */
export async function rolloutMemTrain(
  model: Model,
  documents: readonly RolloutDocument[],
  options: RolloutMemTrainOptions,
): Promise<RolloutMemTrainResult> {
  const { recallSamples, leakProbes = 0, couple = true, rewards, onProgress } = options;
  checkIntegers({ trajectories: options.trajectories }, 1);
  checkIntegers({ recallSamples, leakProbes }, 0);
  if (recallSamples > 0 && !options.entitiesOf) {
    throw new AgentError(
      'bad-options',
      `recallSamples is ${recallSamples}, but there is no entitiesOf: pass one, or set recallSamples to 0`,
    );
  }
  const style = readingStyle(options);
  const { template } = style;
  const planned = documents.flatMap((document, index) => planReadings(document, { ...options, index, template }));
  const items = planned.map((plan) => plan.item);
  const { contextTokens } = options;
  if (contextTokens !== undefined && recallSamples > 0) checkItemsBudget(model, items, { style, contextTokens, recall: true });
  const read = await readDocuments(model, items, { ...options, onProgress: (done, total) => onProgress?.('read', done, total) });
  const recalls = await recall(model, planned, read, options);
  const readings = planned.map(({ document, groupId, objective }, index): ScoredReading => {
    const trajectory = read[index]!;
    const asked = recalls[index];
    const base = { document, groupId, objective, trajectory, ...(asked ? { recall: asked } : {}) };
    if (isFailedEnd(trajectory.end)) return { ...base, reward: 0, outcome: 0 };
    const coupled = couple && asked ? asked.answers.filter(({ end }) => !isFailedEnd(end)).map(({ reward }) => reward) : [];
    const { reward, outcome } = rewards.endToEnd(trajectory.answer, document.gold, coupled);
    return { ...base, reward: finite(reward, trajectory.id), outcome: finite(outcome, trajectory.id) };
  });
  const leaks = await leaksOf(model, planned, options);
  const recallDue = ({ objective, trajectory }: ScoredReading): boolean => canRecall(objective, trajectory, recallSamples);
  const statistics = rolloutStatistics(readings, { recallDue, leaks });
  return { groups: groupReadings(readings), readings, statistics };
}

interface PlannedReading {
  readonly document: RolloutDocument;
  readonly groupId: string;
  readonly objective: 'E' | 'QA';
  readonly item: ReadItem;
  /** Of the recall's draw. */
  readonly drawSeed: number;
}

interface PlanOptions {
  readonly index: number;
  readonly template: PromptTemplate;
  readonly seed: number;
  readonly trajectories: number;
  readonly shareTarget?: boolean;
}

function planReadings(document: RolloutDocument, options: PlanOptions): PlannedReading[] {
  const { index, template, shareTarget = false } = options;
  const problem = document.problem ?? template.problem;
  if (problem === undefined) {
    throw new AgentError(
      'bad-options',
      `document ${document.id} has no problem, and neither has the template "${template.name}": give one`,
    );
  }
  const objective = document.objective ?? (document.problem === undefined ? 'E' : 'QA');
  const groupId = `${objective}/${index}/${document.id}`;
  return Array.from({ length: options.trajectories }, (_, reading) => {
    const seed = deriveSeed(options.seed, 'trajectory', index, reading);
    const drawSeed = shareTarget ? deriveSeed(options.seed, 'target', index) : seed;
    return { document, groupId, objective, drawSeed, item: { id: `${groupId}/${reading}`, chunks: document.chunks, problem, seed } };
  });
}

const canRecall = (objective: 'E' | 'QA', trajectory: Trajectory, samples: number): boolean =>
  samples > 0 && objective === 'E' && !isFailedEnd(trajectory.end);

/** The scored recall of each reading, in their order; undefined where none is due or none could be drawn. */
async function recall(
  model: Model,
  planned: readonly PlannedReading[],
  read: readonly Trajectory[],
  options: RolloutMemTrainOptions,
): Promise<(ScoredRecall | undefined)[]> {
  const { recallSamples: samples, rewards, entitiesOf, preferUnrepeated = false, onProgress } = options;
  const { template } = readingStyle(options);
  const planOf = new Map(planned.map((plan) => [plan.item.id, plan]));
  const due = read.filter((trajectory, index) => canRecall(planned[index]!.objective, trajectory, samples));
  if (!entitiesOf || due.length === 0) return read.map(() => undefined);
  const drawn = drawRecalls(due, {
    template,
    entitiesOf,
    exclude: ({ id }) => planOf.get(id)?.document.gold ?? [],
    seedOf: ({ id }) => planOf.get(id)!.drawSeed,
    preferUnrepeated,
  }).filter((one) => one !== undefined);
  const answered = await answerRecalls(model, drawn, {
    ...options,
    template,
    samples,
    onProgress: (done, total) => onProgress?.('recall', done, total),
  });
  const scored = new Map(
    drawn.map((one, index) => {
      const answers = answered[index]!.map((answer) => {
        const reward = isFailedEnd(answer.end) ? 0 : finite(rewards.recall(answer.answer, one.target), one.trajectoryId);
        return { ...answer, reward };
      });
      return [one.trajectoryId, { recall: one, answers }];
    }),
  );
  return read.map((trajectory) => scored.get(trajectory.id));
}

/** Verdicts on answers with an empty memory, `leakProbes` a document. */
async function leaksOf(model: Model, planned: readonly PlannedReading[], options: RolloutMemTrainOptions): Promise<number[]> {
  const { leakProbes: samples = 0, rewards, onProgress: _, ...reading } = options;
  if (samples === 0) return [];
  const documents = planned
    .filter((_plan, index) => index % options.trajectories === 0)
    .map(({ groupId: id, document, item: { problem } }) => {
      const outcome = (answer: string | undefined): number => finite(rewards.endToEnd(answer, document.gold, []).outcome, id);
      return { id, problem, outcome };
    });
  return probeLeaks(model, documents, { ...reading, samples });
}

function groupReadings(readings: readonly ScoredReading[]): RolloutGroup[] {
  const byDocument = new Map<string, { id: string; objective: string; trajectories: RolloutTrajectory[] }>();
  const recalls: RolloutGroup[] = [];
  for (const { groupId: id, objective, trajectory, reward, outcome, recall: asked } of readings) {
    if (isFailedEnd(trajectory.end)) continue;
    const group = byDocument.get(id) ?? { id, objective, trajectories: [] };
    group.trajectories.push({ reward, outcome, conversations: trajectory.conversations });
    byDocument.set(id, group);
    const answers = (asked?.answers ?? []).filter((answer) => !isFailedEnd(answer.end));
    if (answers.length === 0) continue;
    const trajectories = answers.map((answer) => ({
      reward: answer.reward,
      outcome: answer.reward,
      conversations: answer.conversation ? [answer.conversation] : [],
    }));
    recalls.push({ id: `I/${trajectory.id}`, objective: 'I', trajectories });
  }
  return [...byDocument.values(), ...recalls];
}

function finite(value: number, trajectoryId: string): number {
  if (Number.isFinite(value)) return value;
  throw new AgentError('bad-reward', `a reward of trajectory ${trajectoryId} is ${value}: a reward function must return a finite number`);
}
