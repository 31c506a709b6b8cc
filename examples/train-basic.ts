/**
 * The shortest training run: a reward, a task, `train()`. Checkpoints, exact resume and metrics come with it: stop it with Ctrl-C, start it
 * again, and it goes on. Arguments: run folder (default runs/train-basic), steps (default 10).
 */
import { miniatureTemplate, rolloutMemTrain } from '@memtrain/agent';
import { createWorld, entitiesOf, maskedDocument, randomFromSeed } from '@memtrain/corpus';
import { presets, train } from '@memtrain/grpo';
import { loadLanguageModel } from '@memtrain/lm';
import { wordTokenizer } from '@memtrain/policy';
import { endToEndReward, recallReward } from '@memtrain/rewards';

const [folder = 'runs/train-basic', steps = '10'] = process.argv.slice(2);
const world = createWorld(0);
const backbone = new URL('../packages/memtrain/assets/backbone', import.meta.url).pathname;
const learner = await loadLanguageModel(backbone, { tokenizer: wordTokenizer(world.vocabulary) });
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

// The paper's recipe, at a learning rate and temperature for a model of 0.3 million parameters.
const { rollout, train: recipe } = presets.memtrain;
const loss = { ...recipe.loss, kl: 0, temperature: 0.5 };

await train({
  ...recipe,
  learner,
  folder,
  steps: Number(steps),
  seed: 1,
  loss,
  schedule: { kind: 'constant', peak: 5e-4, warmup: 5 },
  checkpointEvery: 5,
  alarms: { action: 'warn' },
  signal: stop.signal,
  async rollout({ model, seed }) {
    const random = randomFromSeed(seed);
    const documents = Array.from({ length: 8 }, (_, i) => {
      const { chunks, answer } = maskedDocument(world, random, { chunks: 3 });
      return { id: String(i), chunks, gold: [answer], objective: 'E' as const };
    });
    const { groups, statistics } = await rolloutMemTrain(model, documents, {
      template: miniatureTemplate,
      memoryTokens: 13,
      answerTokens: 1,
      temperature: loss.temperature,
      seed,
      trajectories: rollout.trajectories,
      recallSamples: rollout.recallSamples,
      entitiesOf: (chunk) => entitiesOf(world, chunk),
      rewards: {
        recall: (answer, target) => recallReward(answer, target),
        endToEnd: (answer, gold, recallRewards) => endToEndReward(answer, gold, { recallRewards, lambda: rollout.lambda }),
      },
    });
    return { groups, metrics: { ...statistics } };
  },
  onStep: ({ step, objectives }) => console.log(`update ${step}: ${(100 * objectives['E']!.outcome).toFixed(1)} % of the masks named`),
});
await learner.dispose();
