import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { train, type Rollout, type RolloutContext, type TrainResult } from '@memtrain/grpo';
import { createLanguageModel, type LanguageModel } from '@memtrain/lm';
import { deriveSeed, wordTokenizer, type Conversation, type RolloutGroup } from '@memtrain/policy';

/** Where a run dies by SIGKILL: after step 3, whose checkpoint is not due; inside the engine's second save; or once step 5 refreshed the reference. */
export type Death = 'after step 3' | 'inside a save' | 'after a refresh';

function tinyModel(): LanguageModel {
  return createLanguageModel({
    configuration: {
      vocabularySize: 12,
      hiddenSize: 8,
      layers: 1,
      heads: 2,
      keyValueHeads: 1,
      headSize: 4,
      intermediateSize: 12,
      ropeTheta: 10_000,
      normEpsilon: 1e-6,
      tiedEmbeddings: true,
      maxPositions: 32,
      initializerRange: 0.3,
    },
    tokenizer: wordTokenizer(['<pad>', '<eos>', ...Array.from({ length: 10 }, (_, i) => `w${i}`)]),
    seed: 4,
    threads: 1,
  });
}

/** Two groups of six answers, E and I, paid by the share of even tokens. */
async function rollout({ model, seed, attempt }: RolloutContext): Promise<Rollout> {
  const requests = Array.from({ length: 12 }, (_, i) => ({ prompt: Int32Array.of(2, 3 + (i % 2)), seed: deriveSeed(seed, i) }));
  const groups = ['E', 'I'].map((objective) => ({ id: 'even', objective, trajectories: [] as RolloutGroup['trajectories'][number][] }));
  const done: Conversation[] = [];
  for await (const result of model.complete(requests, { maxTokens: 6 })) {
    if (!('conversation' in result) || !result.conversation) throw new Error('no conversation');
    done[result.index] = result.conversation;
  }
  for (const [i, conversation] of done.entries()) {
    const reward = conversation.completion.filter((token) => token % 2 === 0).length / conversation.completion.length;
    groups[i % 2]!.trajectories.push({ reward, outcome: reward, conversations: [conversation] });
  }
  return { groups, metrics: { attempt } };
}

/** Six steps on the local engine with all that a checkpoint must hold: moments, a schedule, minibatches, refills, a refreshed reference. */
export async function engineRun(folder: string, death?: Death): Promise<TrainResult> {
  const learner = tinyModel();
  const reference = tinyModel();
  const die = (at: Death): void => void (at === death && process.kill(process.pid, 'SIGKILL'));
  let saves = 0;
  const save = learner.save.bind(learner);
  learner.save = async (path) => {
    const saving = save(path);
    if (path.includes('checkpoints') && ++saves === 2 && death === 'inside a save') {
      while (!existsSync(join(`${path}.${process.pid}-1.tmp`, 'model.safetensors'))) await setImmediate();
      die('inside a save');
    }
    return saving;
  };
  const load = reference.load.bind(reference);
  reference.load = async (path) => {
    await load(path);
    if (saves === 2) die('after a refresh');
  };
  try {
    return await train({
      learner,
      reference,
      rollout,
      folder,
      steps: 6,
      seed: 11,
      loss: { clipLow: 0.2, clipHigh: 0.28, kl: 0.05 },
      schedule: { kind: 'cosine', peak: 0.02, warmup: 1, steps: 6 },
      adam: { weightDecay: 0.01, clipNorm: 1 },
      innerSteps: 2,
      minibatches: 2,
      refill: { groups: 3, attempts: 1 },
      refreshReferenceEvery: 5,
      checkpointEvery: 2,
      best: ({ objectives }) => objectives['E']?.reward,
      alarms: {},
      configuration: { model: 'tiny' },
      onStep: ({ step }) => void (step === 3 && die('after step 3')),
    });
  } finally {
    await learner.dispose();
    await reference.dispose();
  }
}
