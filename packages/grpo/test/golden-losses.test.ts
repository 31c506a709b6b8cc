import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Conversation } from '@memtrain/policy';
import { advantages, buildData, objective, truncatedImportanceWeights } from '../src/index.ts';
import type { AdvantageKind, Aggregation, ObjectiveOptions } from '../src/index.ts';
import { penalizeRewards } from '../src/reward-kl.ts';

/** Made by make-golden.py with the published code of TRL and verl, in doubles, on log-probabilities that float32 holds exactly. */
interface Golden {
  constantLength: number;
  old: number[][];
  current: number[][];
  reference: number[][];
  sampler: number[][];
  advantages: number[];
  truncated: boolean[];
  cases: {
    name: string;
    options: { loss: ObjectiveOptions; aggregation: Aggregation; cap: number | null; maskTruncated?: boolean };
    loss: number;
    gradient: number[][];
  }[];
  rewardKl: { coefficient: number; rewards: number[]; advantages: number[] };
  groups: { rewards: number[][]; advantages: Record<AdvantageKind, number[][]> };
}
const golden = JSON.parse(readFileSync(new URL('data/golden-losses.json', import.meta.url), 'utf8')) as Golden;

const conversations = golden.old.map((old, b): Conversation => ({
  prompt: Int32Array.of(1),
  completion: new Int32Array(old.length),
  logprobs: Float32Array.from(old),
  finish: golden.truncated[b] ? 'length' : 'stop',
}));

/** Loss and gradient of a case as this package computes them, aggregation weights by `buildData`. */
function lossOf({ loss, aggregation, cap, maskTruncated }: Golden['cases'][number]['options']): { loss: number; gradient: number[][] } {
  const trajectories = conversations.map((conversation) => ({ reward: 0, outcome: 0, conversations: [conversation] }));
  const { data } = buildData([{ id: 'all', objective: 'E', trajectories }], {
    filter: 'none',
    aggregation,
    constantLength: golden.constantLength,
    maskTruncated,
    reference: new Map(conversations.map((conversation, b) => [conversation, Float32Array.from(golden.reference[b]!)])),
  });
  let value = 0;
  const gradient = conversations.map(({ completion }, b) => {
    const datum = data.find((each) => each.completion === completion);
    if (!datum) return Array.from(completion, () => 0);
    const A = golden.advantages[b]!;
    const factors = cap === null ? undefined : truncatedImportanceWeights(golden.old[b]!, golden.sampler[b]!, { cap });
    const result = objective({ ...datum, advantage: factors ? factors.map((factor) => factor * A) : A }, golden.current[b]!, loss);
    value += result.value;
    return Array.from(result.gradient, (slope) => -slope);
  });
  return { loss: -value, gradient };
}

describe('losses and gradients equal those of TRL and verl', () => {
  test('every case is there', () => {
    expect(golden.cases.length).toBe(22);
    expect(new Set(golden.cases.map(({ options }) => options.aggregation)).size).toBe(4);
  });

  test.each(golden.cases.map((each) => [each.name, each] as const))('%s', (_name, each) => {
    const { loss, gradient } = lossOf(each.options);
    // verl adds 1e-8 to lengths, and importance weights are float32 here.
    const digits = each.options.cap === null && each.options.aggregation !== 'sequenceMeanTokenMean' ? 12 : 6;
    expect(loss).toBeCloseTo(each.loss, digits);
    for (const [b, row] of gradient.entries()) {
      for (const [t, slope] of row.entries()) expect(slope).toBeCloseTo(each.gradient[b]![t]!, digits);
    }
  });

  test('no two of the cases would pass for each other', () => {
    const losses = new Set(golden.cases.filter(({ name }) => name.startsWith('verl')).map(({ loss }) => loss.toFixed(6)));
    expect(losses.size).toBe(golden.cases.filter(({ name }) => name.startsWith('verl')).length);
  });
});

test('a k1 penalty in the reward equals verl, through to the advantages of two groups', () => {
  const { coefficient, rewards, advantages: expected } = golden.rewardKl;
  const groups = [0, 3].map((start) => ({
    id: `${start}`,
    objective: 'E',
    trajectories: conversations
      .slice(start, start + 3)
      .map((conversation, i) => ({ reward: rewards[start + i]!, outcome: rewards[start + i]!, conversations: [conversation] })),
  }));
  const reference = new Map(conversations.map((conversation, b) => [conversation, Float32Array.from(golden.reference[b]!)]));
  const { data } = buildData(penalizeRewards(groups, reference, coefficient), { filter: 'none' });
  for (const [b, { advantage }] of data.entries()) expect(advantage).toBeCloseTo(expected[b]!, 12);
});

test.each(['mean', 'std', 'leave-one-out'] as const)('advantages of kind %s equal verl', (kind) => {
  for (const [g, rewards] of golden.groups.rewards.entries()) {
    const own = advantages(rewards, { kind });
    for (const [i, value] of own.entries()) expect(value).toBeCloseTo(golden.groups.advantages[kind][g]![i]!, 5);
  }
});
