import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RolloutGroup } from '@memtrain/policy';
import {
  alarmsOf,
  findCheckpoint,
  repetition,
  train,
  type Rollout,
  type RolloutContext,
  type StepRecord,
  type TrainOptions,
} from '../src/index.ts';
import { banditRollout, conversationOf, tableLearner, type TableLearner } from './table-learner.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grpo-safeguards-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const optionsOf = (learner: TableLearner, changes: Partial<TrainOptions> = {}): TrainOptions => ({
  learner,
  rollout: banditRollout,
  folder: join(folder, 'run'),
  steps: 3,
  seed: 1,
  loss: { clipLow: 0.2, clipHigh: 0.2, kl: 0 },
  schedule: { kind: 'constant', peak: 0.05 },
  ...changes,
});
const recordsOf = async (): Promise<StepRecord[]> =>
  (await readFile(join(folder, 'run', 'metrics.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StepRecord);
const changed = (groups: readonly RolloutGroup[], change: (group: RolloutGroup, index: number) => RolloutGroup): RolloutGroup[] =>
  groups.map(change);
/** What `banditRollout` pays, its groups counted from 0: three of E, three of I. */
const rewardOf = (group: number, completion: Int32Array): number =>
  group < 3 ? completion.filter((token) => token === 2).length / 2 : Number(completion[0] === 2);
const solved = (group: RolloutGroup): RolloutGroup => ({
  ...group,
  trajectories: group.trajectories.map((trajectory) => ({ ...trajectory, reward: 1, outcome: 1 })),
});

describe('refill', () => {
  /** Nothing to learn from in the first `empty` rollouts of a step. */
  const lazyRollout =
    (empty: number, seeds: number[]) =>
    async (context: RolloutContext): Promise<Rollout> => {
      seeds.push(context.seed);
      const { groups } = await banditRollout(context);
      return { groups: context.attempt < empty ? changed(groups, solved) : groups, metrics: { attempt: context.attempt } };
    };

  test('rolls out again until enough groups carry a signal, with other seeds and other group names', async () => {
    const seeds: number[] = [];
    await train(optionsOf(tableLearner(), { steps: 1, rollout: lazyRollout(2, seeds), refill: { groups: 4, attempts: 5 } }));
    expect(new Set(seeds).size).toBe(3);
    const [record] = await recordsOf();
    expect(record).toMatchObject({ groups: 18, rollout: { attempt: 0 }, refills: [{ attempt: 1 }, { attempt: 2 }], skipped: false });
    expect(record!.kept).toBeGreaterThanOrEqual(4);
  });

  test('gives up after its attempts, takes no optimizer step and says so', async () => {
    const learner = tableLearner();
    const seeds: number[] = [];
    await train(optionsOf(learner, { steps: 1, rollout: lazyRollout(99, seeds), refill: { groups: 1, attempts: 2 } }));
    expect(seeds).toHaveLength(3);
    expect(learner.log.optimSteps).toEqual([]);
    expect((await recordsOf())[0]).toMatchObject({ skipped: true, kept: 0 });
  });

  test('without it there is one rollout a step', async () => {
    const seeds: number[] = [];
    await train(optionsOf(tableLearner(), { steps: 2, rollout: lazyRollout(99, seeds) }));
    expect(seeds).toHaveLength(2);
  });
});

describe('staleness', () => {
  const sampledBehind =
    (behind: number) =>
    async (context: RolloutContext): Promise<Rollout> => {
      const { groups } = await banditRollout(context);
      return { groups: changed(groups, (group) => ({ ...group, policyVersion: Math.max(0, context.policyVersion - behind) })) };
    };

  test('samples older than the limit are an error that names the group', async () => {
    const learner = tableLearner();
    await expect(train(optionsOf(learner, { rollout: sampledBehind(1) }))).rejects.toMatchObject({
      code: 'stale-samples',
      message: expect.stringMatching(/document 0.*1 updates ago, more than maxStaleness \(0\)/),
    });
    expect(learner.log.optimSteps).toHaveLength(1); // The first step has no older version to sample from.
  });

  test('samples within the limit are trained on, and their ratio is no longer 1', async () => {
    const stale = tableLearner();
    // The previous step's samples, whose log-probabilities are the previous weights'.
    let last: Rollout | undefined;
    const rollout = async (context: RolloutContext): Promise<Rollout> => {
      const current = await banditRollout(context);
      const fresh = { groups: changed(current.groups, (group) => ({ ...group, policyVersion: context.policyVersion })) };
      const used = last ?? fresh;
      last = fresh;
      return used;
    };
    await train(optionsOf(stale, { rollout, maxStaleness: 1 }));
    const [first, second] = await recordsOf();
    expect(first!.movedKl).toBeCloseTo(0, 9);
    expect(second!.movedKl).toBeGreaterThan(1e-6);
  });

  test('a version that is ahead of the weights is refused', async () => {
    const rollout = async (context: RolloutContext): Promise<Rollout> => {
      const { groups } = await banditRollout(context);
      return { groups: changed(groups, (group) => ({ ...group, policyVersion: context.policyVersion + 1 })) };
    };
    await expect(train(optionsOf(tableLearner(), { rollout }))).rejects.toThrow(/has policy version 1, but the weights have had 0/);
  });
});

test('sampler correction weights advantages by the capped ratio of trainer to sampler, in the data and not in the record', async () => {
  const shifted = async (context: RolloutContext): Promise<Rollout> => {
    const { groups } = await banditRollout(context);
    return {
      groups: changed(groups, (group) => ({
        ...group,
        trajectories: group.trajectories.map((trajectory) => ({
          ...trajectory,
          conversations: trajectory.conversations.map((conversation) => ({
            ...conversation,
            logprobs: conversation.logprobs.map((value, t) => value - (t === 0 ? 0.1 : 5)),
          })),
        })),
      })),
    };
  };
  const learner = tableLearner();
  await train(optionsOf(learner, { steps: 1, rollout: shifted, recomputeOldLogprobs: true, samplerCorrection: { cap: 2 } }));
  for (const { advantage } of learner.log.forwardBackward[0]!) {
    const [first, second] = advantage as Float32Array;
    expect(second! / first!).toBeCloseTo(2 / Math.exp(0.1), 5);
  }
  await expect(train(optionsOf(learner, { folder: join(folder, 'other'), samplerCorrection: { cap: 2 } }))).rejects.toThrow(
    /set recomputeOldLogprobs/,
  );
});

test('a sequence-level objective is trained through cross entropy: the same update as by hand', async () => {
  const learner = tableLearner();
  await train(optionsOf(learner, { steps: 2, loss: { clipLow: 0.2, clipHigh: 0.2, kl: 0, importance: 'sequence' } }));
  expect(learner.log.crossEntropyCalls).toBe(2);
  const token = tableLearner();
  await train(optionsOf(token, { steps: 1, folder: join(folder, 'token') }));
  const sequence = tableLearner();
  await train(
    optionsOf(sequence, {
      steps: 1,
      folder: join(folder, 'sequence'),
      loss: { clipLow: 0.2, clipHigh: 0.2, kl: 0, importance: 'sequence' },
    }),
  );
  // On-policy both ratios are 1, so the first steps agree.
  for (const [k, value] of token.logits.entries()) expect(sequence.logits[k]).toBeCloseTo(value, 6);
});

describe('the reference policy', () => {
  const loss = { clipLow: 0.2, clipHigh: 0.2, kl: 0.1 };

  test('is frozen: its log-probabilities are the same bits before and after ten steps', async () => {
    const reference = tableLearner();
    const before = await reference.forward([conversationOf(3)]);
    await train(optionsOf(tableLearner(), { steps: 10, loss, reference }));
    expect(await reference.forward([conversationOf(3)])).toEqual(before);
  });

  test('refreshed every n steps it follows the learner, and a resumed run has the same one', async () => {
    const run = async (name: string, stops: number[]): Promise<string> => {
      for (const steps of stops) {
        const options = optionsOf(tableLearner(), {
          folder: join(folder, name),
          steps,
          loss,
          reference: tableLearner(),
          refreshReferenceEvery: 2,
        });
        await train(options);
      }
      return readFile(join(folder, name, 'metrics.jsonl'), 'utf8');
    };
    const whole = await run('whole', [7]);
    expect(await run('stopped', [3, 7])).toBe(whole);
    const kl = whole
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as StepRecord).referenceKl!);
    // Steps 3 and 5 start from a reference that equals the weights.
    for (const fresh of [0, 2, 4]) expect(kl[fresh]).toBeCloseTo(0, 9);
    for (const used of [1, 3, 5]) expect(kl[used]).toBeGreaterThan(1e-6);
  });

  test('that cannot load cannot be refreshed', async () => {
    const reference = { forward: tableLearner().forward };
    await expect(train(optionsOf(tableLearner(), { loss, reference, refreshReferenceEvery: 2 }))).rejects.toThrow(/whole learner/);
  });
});

describe('a KL penalty in the reward', () => {
  test('takes k1 over all tokens of a trajectory off its reward, which has no gradient of its own', async () => {
    const learner = tableLearner();
    const reference = tableLearner();
    reference.logits[2] = 1;
    const rewardKl = 0.3;
    await train(optionsOf(learner, { steps: 1, filter: 'none', rewardKl, reference }));
    const [penalized] = learner.log.forwardBackward;
    const known = await reference.forward(penalized!);
    const divergences = penalized!.map(({ logprobs }, i) => logprobs.reduce((sum, value, t) => sum + value - known[i]![t]!, 0));
    // Groups of eight, one conversation each: the penalty is centred in its group as the reward is.
    for (let group = 0; group < 6; group++) {
      const own = divergences.slice(group * 8, group * 8 + 8);
      const mean = own.reduce((sum, value) => sum + value, 0) / 8;
      const rewards = penalized!.slice(group * 8, group * 8 + 8).map(({ completion }) => rewardOf(group, completion));
      const meanReward = rewards.reduce((sum, value) => sum + value, 0) / 8;
      for (const [i, reward] of rewards.entries()) {
        expect(penalized![group * 8 + i]!.advantage).toBeCloseTo(reward - meanReward - rewardKl * (own[i]! - mean), 6);
      }
    }
    const [record] = await recordsOf();
    expect(record!.referenceKl).toBeGreaterThan(0.01);
    expect(record!.objectives['E']!.reward).toBeGreaterThanOrEqual(0); // The record has the rewards as they came.
  });

  test('needs a reference', async () => {
    await expect(train(optionsOf(tableLearner(), { rewardKl: 0.1 }))).rejects.toThrow(/rewardKl is 0.1, which needs a reference policy/);
    await expect(train(optionsOf(tableLearner(), { rewardKl: Number.NaN }))).rejects.toThrow(/rewardKl is NaN/);
  });
});

describe('the best checkpoint', () => {
  test('that is gone is named no longer', async () => {
    const changes = { checkpointEvery: 1, keepLast: 2, best: ({ step }: StepRecord) => step };
    await train(optionsOf(tableLearner(), { steps: 3, ...changes }));
    const checkpoints = join(folder, 'run', 'checkpoints');
    await writeFile(join(checkpoints, 'latest'), 'step-000002\n');
    await train(optionsOf(tableLearner(), { steps: 2, ...changes }));
    expect((await readdir(checkpoints)).sort()).toEqual(['latest', 'step-000002']);
  });

  test('is kept beside the last ones, named by checkpoints/best, also after a resume', async () => {
    const best = ({ step }: StepRecord): number => (step === 3 ? 10 : step === 4 ? Number.NaN : step / 100);
    const changes = { checkpointEvery: 1, keepLast: 1, best };
    await train(optionsOf(tableLearner(), { steps: 5, ...changes }));
    const checkpoints = join(folder, 'run', 'checkpoints');
    expect((await readdir(checkpoints)).sort()).toEqual(['best', 'latest', 'step-000003', 'step-000005']);
    expect(await readFile(join(checkpoints, 'best'), 'utf8')).toBe('step-000003\n');
    await train(optionsOf(tableLearner(), { steps: 6, ...changes }));
    expect((await readdir(checkpoints)).sort()).toEqual(['best', 'latest', 'step-000003', 'step-000006']);
    expect((await findCheckpoint(join(folder, 'run')))!.state.progress.best).toEqual({ step: 3, score: 10 });
  });
});

describe('alarms', () => {
  const figures = { entropy: 1, referenceKl: 0, samplerMismatch: { mean: 0, largest: 0 }, objectives: {}, repetition: 0, meanTokens: 10 };
  const truncated = {
    groups: 1,
    kept: 1,
    trajectories: 1,
    conversations: 1,
    tokens: 1,
    reward: 0,
    rewardDeviation: 0,
    outcome: 0,
    truncated: 0.95,
  };
  const table = [
    ['entropyBelow', { entropy: 0.001 }],
    ['referenceKlAbove', { referenceKl: 2 }],
    ['samplerMismatchAbove', { samplerMismatch: { mean: 0.2, largest: 1 } }],
    ['truncatedAbove', { objectives: { E: truncated } }],
    ['repetitionAbove', { repetition: 0.9 }],
    ['lengthBelow', { meanTokens: 0.5 }],
    ['lengthAbove', { meanTokens: 200 }],
  ] as const;
  test.each(table)('%s', (name, changes) => {
    expect(alarmsOf(figures, 10)).toEqual([]);
    expect(alarmsOf({ ...figures, ...changes }, 10)).toEqual([expect.objectContaining({ name })]);
    expect(alarmsOf({ ...figures, ...changes }, 10, { [name]: false })).toEqual([]);
  });

  test('a figure that is no number is an alarm on whatever side its threshold is', () => {
    const names = alarmsOf({ ...figures, entropy: Number.NaN, referenceKl: Number.NaN }, 10).map(({ name }) => name);
    expect(names).toEqual(['entropyBelow', 'referenceKlAbove']);
  });

  test('a figure that nobody reports sets off nothing', () => {
    expect(alarmsOf({ ...figures, entropy: null, referenceKl: undefined as never, samplerMismatch: undefined as never }, 10)).toEqual([]);
  });

  test('a warning stands in the record; stop ends the run, saves the batch and leaves the checkpoints', async () => {
    const alarms = { truncatedAbove: 0.5, repetitionAbove: false } as const; // The bandit never ends by itself.
    await train(optionsOf(tableLearner(), { alarms }));
    for (const record of await recordsOf()) expect(record.alarms).toEqual([{ name: 'truncatedAbove', value: 1, threshold: 0.5 }]);
    const stopped = optionsOf(tableLearner(), { folder: join(folder, 'stopped'), alarms: { ...alarms, action: 'stop' } });
    await expect(train(stopped)).rejects.toMatchObject({ code: 'alarm', message: expect.stringContaining('bad-batches') });
    const lines = (await readFile(join(folder, 'stopped', 'bad-batches', 'step-000001.jsonl'), 'utf8')).trimEnd().split('\n');
    const group = JSON.parse(lines[0]!) as RolloutGroup;
    expect(group.trajectories[0]!.conversations[0]!.completion).toHaveLength(2);
    expect(await findCheckpoint(join(folder, 'stopped'))).toBeUndefined();
  });

  test('an alarm that stops a run leaves its best checkpoint and its last one', async () => {
    const rollout = async (context: RolloutContext): Promise<Rollout> => {
      const { groups } = await banditRollout(context);
      const finish = context.step === 4 ? 'length' : 'stop';
      return {
        groups: changed(groups, (group) => ({
          ...group,
          trajectories: group.trajectories.map((trajectory) => ({
            ...trajectory,
            conversations: trajectory.conversations.map((conversation) => ({ ...conversation, finish })),
          })),
        })),
      };
    };
    const best = ({ step }: StepRecord): number => -step;
    const changes = { steps: 6, rollout, best, checkpointEvery: 1, keepLast: 1, alarms: { action: 'stop' } } as const;
    await expect(train(optionsOf(tableLearner(), changes))).rejects.toMatchObject({ code: 'alarm' });
    const checkpoints = join(folder, 'run', 'checkpoints');
    expect((await readdir(checkpoints)).sort()).toEqual(['best', 'latest', 'step-000001', 'step-000003']);
    expect(await readFile(join(checkpoints, 'best'), 'utf8')).toBe('step-000001\n');
    expect(await readdir(join(folder, 'run', 'bad-batches'))).toEqual(['step-000004.jsonl']);
  });

  test('the batch behind a loss that is not finite is saved for inspection', async () => {
    const learner = tableLearner({ poison: () => 'loss' });
    await expect(train(optionsOf(learner))).rejects.toThrow(/the groups of step 1 are in .*step-000001\.jsonl/);
    expect(await readdir(join(folder, 'run', 'bad-batches'))).toEqual(['step-000001.jsonl']);
  });
});

test('the batch behind an error of the engine itself is saved, and the error is its own', async () => {
  const learner = { ...tableLearner(), forwardBackward: async () => Promise.reject(new RangeError('the loss is NaN')) };
  await expect(train(optionsOf(learner))).rejects.toThrow(/^the loss is NaN; the groups of step 1 are in .*step-000001\.jsonl$/);
  await expect(train(optionsOf(learner))).rejects.toBeInstanceOf(RangeError);
  expect(await readdir(join(folder, 'run', 'bad-batches'))).toEqual(['step-000001.jsonl']);
});

test('repetition: 0 for distinct tokens, near 1 for one token over and over, 0 for completions too short to tell', () => {
  const of = (tokens: number[]): number => repetition([{ ...conversationOf(tokens.length), completion: Int32Array.from(tokens) }]);
  expect(of([1, 2, 3, 4, 5, 6])).toBe(0);
  expect(of(new Array<number>(103).fill(7))).toBeCloseTo(0.99, 12);
  expect(of([1, 1])).toBe(0);
});

test('totals count every sampled conversation, and go on after a resume', async () => {
  await train(optionsOf(tableLearner(), { steps: 2 }));
  await train(optionsOf(tableLearner(), { steps: 3 }));
  const records = await recordsOf();
  expect(records.map(({ totals }) => totals.conversations)).toEqual([48, 96, 144]);
  expect(records[2]!.totals.sampledTokens).toBe(3 * 48 * 2);
  expect(records[2]!.totals.trainedTokens).toBe(records.reduce((sum, { tokens }) => sum + tokens, 0));
});
