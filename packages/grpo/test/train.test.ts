import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { train, type Rollout, type RolloutContext, type StepRecord, type TrainOptions } from '../src/index.ts';
import { banditRollout, conversationOf, tableLearner, type TableLearner } from './table-learner.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grpo-train-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const optionsOf = (learner: TableLearner, changes: Partial<TrainOptions> = {}): TrainOptions => ({
  learner,
  rollout: banditRollout,
  folder: join(folder, 'run'),
  steps: 40,
  seed: 1,
  loss: { clipLow: 0.2, clipHigh: 0.2, kl: 0 },
  schedule: { kind: 'constant', peak: 0.05 },
  ...changes,
});
const recordsOf = async (run = join(folder, 'run')): Promise<StepRecord[]> =>
  (await readFile(join(run, 'metrics.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StepRecord);
/** Every answer right: nothing to learn from. */
const solvedRollout = async (context: RolloutContext): Promise<Rollout> => {
  const { groups } = await banditRollout(context);
  return {
    groups: groups.map((group) => ({
      ...group,
      trajectories: group.trajectories.map((trajectory) => ({ ...trajectory, reward: 1, outcome: 1 })),
    })),
  };
};

describe('train', () => {
  test('raises the mean reward of a bandit', async () => {
    const learner = tableLearner();
    const seen: number[] = [];
    await train(optionsOf(learner, { onStep: ({ objectives }) => void seen.push(objectives['E']!.reward) }));
    const mean = (part: number[]): number => part.reduce((sum, value) => sum + value, 0) / part.length;
    expect(mean(seen.slice(0, 5))).toBeLessThan(0.4);
    expect(mean(seen.slice(-5))).toBeGreaterThan(0.7);
    const records = await recordsOf();
    expect(records.map((record) => record.step)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(records[0]).toMatchObject({
      skipped: false,
      optimizerSteps: 1,
      learningRate: 0.05,
      groups: 6,
      rollout: { documents: 3, made: 1 },
    });
    expect(records[0]!.movedKl).toBeCloseTo(0, 6); // On-policy: the sampler and the learner agree.
  });

  test('one step is one forwardBackward over all kept groups, normalised by their conversations', async () => {
    const learner = tableLearner();
    await train(optionsOf(learner, { steps: 1 }));
    const [record] = await recordsOf();
    expect(learner.log.forwardBackward).toHaveLength(1);
    for (const datum of learner.log.forwardBackward[0]!) expect(datum.weight).toBe(1 / record!.conversations);
  });

  test('minibatches are whole groups, each normalised over itself and one optimizer step', async () => {
    const learner = tableLearner();
    await train(optionsOf(learner, { steps: 1, minibatches: 3, innerSteps: 2, filter: 'none' }));
    expect(learner.log.optimSteps).toHaveLength(6);
    for (const pass of [learner.log.forwardBackward.slice(0, 3), learner.log.forwardBackward.slice(3)]) {
      for (const part of pass) for (const datum of part) expect(datum.weight).toBe(1 / 16);
      const tokens = pass.flat().map((datum) => datum.completion);
      expect(new Set(tokens).size).toBe(tokens.length);
    }
    expect((await recordsOf())[0]).toMatchObject({ optimizerSteps: 6, conversations: 48 });
  });

  test('more minibatches than groups make one a group', async () => {
    const learner = tableLearner();
    await train(optionsOf(learner, { steps: 1, minibatches: 100, filter: 'none' }));
    expect(learner.log.optimSteps.length).toBeLessThanOrEqual(6);
    expect(learner.log.optimSteps.length).toBeGreaterThan(0);
  });

  test.each(['outcome', 'none'] as const)(
    'an update without any signal takes no optimizer step and says so (filter %s)',
    async (filter) => {
      const learner = tableLearner();
      await train(optionsOf(learner, { steps: 2, rollout: solvedRollout, filter, adam: { weightDecay: 0.1 } }));
      expect(learner.log).toEqual({ forwardBackward: [], optimSteps: [] });
      expect([...learner.logits]).toEqual([0, 0, 0, 0]);
      for (const record of await recordsOf())
        expect(record).toMatchObject({ skipped: true, optimizerSteps: 0, loss: null, kept: filter === 'none' ? 6 : 0 });
    },
  );

  test('the KL term needs a reference, asks it for kept conversations only, and holds the policy back', async () => {
    await expect(train(optionsOf(tableLearner(), { loss: { clipLow: 0.2, clipHigh: 0.2, kl: 0.5 } }))).rejects.toMatchObject({
      code: 'bad-options',
    });
    const held = tableLearner();
    const free = tableLearner();
    const asked: number[] = [];
    const reference = tableLearner();
    const counting = {
      forward: async (...call: Parameters<typeof reference.forward>) => (asked.push(call[0].length), reference.forward(...call)),
    };
    await train(optionsOf(held, { loss: { clipLow: 0.2, clipHigh: 0.2, kl: 1 }, reference: counting }));
    await train(optionsOf(free, { folder: join(folder, 'free') }));
    expect(held.logits[2]).toBeLessThan(free.logits[2]!);
    const records = await recordsOf();
    expect(asked).toEqual(records.map((record) => record.conversations));
    expect(records[0]!.referenceKl).toBeCloseTo(0, 6);
    expect(records.at(-1)!.referenceKl).toBeGreaterThan(0.01);
  });

  test('an update of nothing but cut conversations takes no optimizer step where those are masked, and another run is told apart', async () => {
    const learner = tableLearner();
    await train(optionsOf(learner, { steps: 1, maskTruncated: true })); // The bandit never ends by itself.
    expect(learner.log.optimSteps).toEqual([]);
    const [record] = await recordsOf();
    expect(record).toMatchObject({ skipped: true, loss: null });
    expect(record!.kept).toBeGreaterThan(0);
    await expect(train(optionsOf(tableLearner(), { steps: 2 }))).rejects.toThrow(/settings\.maskTruncated: true -> \(absent\)/);
  });

  test('without any advantage a KL term alone moves the policy towards the reference', async () => {
    const learner = tableLearner();
    const reference = tableLearner();
    reference.logits[1] = 1;
    const distance = async (): Promise<number> => {
      const batch = [0, 1, 2, 3].map((token) => ({ ...conversationOf(1), completion: Int32Array.of(token) }));
      const [own, known] = await Promise.all([learner.forward(batch), reference.forward(batch)]);
      return own.reduce((sum, [logp], token) => sum + Math.exp(logp!) * (logp! - known[token]![0]!), 0);
    };
    const before = await distance();
    await train(
      optionsOf(learner, { steps: 10, rollout: solvedRollout, filter: 'none', reference, loss: { clipLow: 0.2, clipHigh: 0.2, kl: 0.1 } }),
    );
    for (const record of await recordsOf()) expect(record.objectives['E']!.rewardDeviation).toBe(0);
    expect(await distance()).toBeLessThan(before / 2);
  });

  test('recomputed log-probabilities replace those of a sampler that is off, and the mismatch is shown', async () => {
    const off = async (context: RolloutContext): Promise<Rollout> => {
      const { groups } = await banditRollout(context);
      const shift = (logprobs: Float32Array): Float32Array => logprobs.map((value) => value - 0.5);
      return {
        groups: groups.map((group) => ({
          ...group,
          trajectories: group.trajectories.map((trajectory) => ({
            ...trajectory,
            conversations: trajectory.conversations.map((conversation) => ({ ...conversation, logprobs: shift(conversation.logprobs) })),
          })),
        })),
      };
    };
    const learner = tableLearner();
    await train(optionsOf(learner, { steps: 1, rollout: off, recomputeOldLogprobs: true }));
    const [record] = await recordsOf();
    expect(record!.samplerMismatch!.mean).toBeCloseTo(0.5, 5);
    expect(record!.movedKl).toBeCloseTo(0, 6);
    for (const datum of learner.log.forwardBackward[0]!) expect(datum.logprobs[0]).toBeCloseTo(Math.log(0.25), 5);
  });

  test.each(['loss', 'gradient'] as const)('a %s that is not finite stops the run and leaves the last checkpoint', async (what) => {
    let step = 0;
    const learner = tableLearner({ poison: () => (step === 3 ? what : undefined) });
    const rollout = async (context: RolloutContext): Promise<Rollout> => {
      step = context.step;
      return banditRollout(context);
    };
    await expect(train(optionsOf(learner, { rollout, checkpointEvery: 2, minibatches: 2 }))).rejects.toMatchObject({
      code: 'non-finite',
      message: expect.stringContaining(what),
    });
    // Two steps of two minibatches, and nothing after the bad number was seen.
    expect(learner.log.optimSteps).toHaveLength(what === 'loss' ? 4 : 5);
    expect(await readdir(join(folder, 'run', 'checkpoints'))).toEqual(['latest', 'step-000002']);
    expect(await recordsOf()).toHaveLength(2);
  });

  test('a bad group stops the run before the update', async () => {
    const learner = tableLearner();
    const rollout = async (context: RolloutContext): Promise<Rollout> => {
      const { groups } = await banditRollout(context);
      return { groups: [...groups, groups[0]!] };
    };
    await expect(train(optionsOf(learner, { rollout }))).rejects.toMatchObject({ code: 'bad-group' });
    expect(learner.log.forwardBackward).toEqual([]);
  });

  test('only timing.jsonl depends on time: two runs of one seed have the same metrics, another seed has others', async () => {
    const run = async (name: string, seed: number): Promise<string> => {
      await train(optionsOf(tableLearner(), { steps: 3, seed, folder: join(folder, name) }));
      return readFile(join(folder, name, 'metrics.jsonl'), 'utf8');
    };
    const first = await run('first', 1);
    expect(await run('second', 1)).toBe(first);
    expect(await run('third', 2)).not.toBe(first);
    const timing = (await readFile(join(folder, 'first', 'timing.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(timing.map((line) => Object.keys(JSON.parse(line) as object))).toEqual(
      Array.from({ length: 3 }, () => ['step', 'rollout', 'logprobs', 'update', 'tokensPerSecond']),
    );
  });

  const refusals: [string, Partial<TrainOptions>, RegExp][] = [
    ['a fraction of a step', { steps: 1.5 }, /steps is 1.5/],
    ['no minibatch', { minibatches: 0 }, /minibatches is 0/],
    ['a negative clip bound', { loss: { clipLow: -0.1, clipHigh: 0.2, kl: 0 } }, /loss.clipLow is -0.1/],
    ['temperature 0', { loss: { clipLow: 0.2, clipHigh: 0.2, kl: 0, temperature: 0 } }, /loss.temperature is 0/],
    ['a gradient norm of 0', { adam: { clipNorm: 0 } }, /adam.clipNorm is 0/],
    ['a moment that never forgets', { adam: { beta2: 1 } }, /adam.beta2 is 1/],
    ['a floor that is no number', { schedule: { kind: 'linear', peak: 1, steps: 9, floor: Number.NaN } }, /floor NaN/],
    ['constant without a length', { aggregation: 'constant' }, /constantLength/],
  ];
  test.each(refusals)('refuses %s and writes nothing', async (_name, changes, message) => {
    await expect(train(optionsOf(tableLearner(), changes))).rejects.toMatchObject({
      code: 'bad-options',
      message: expect.stringMatching(message),
    });
    expect(await readdir(folder)).toEqual([]);
  });
});
