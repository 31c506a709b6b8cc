/**
 * One file, everything visible: MemTrain's joint update (E and I) written out with the pure functions, on the shipped miniature model.
 * Prints the reward of ten updates; it should rise.
 */
import { miniatureTemplate, rolloutMemTrain } from '@memtrain/agent';
import { createWorld, entitiesOf, maskedDocument, randomFromSeed } from '@memtrain/corpus';
import { buildData } from '@memtrain/grpo';
import { loadLanguageModel } from '@memtrain/lm';
import { wordTokenizer } from '@memtrain/policy';
import { endToEndReward, recallReward } from '@memtrain/rewards';

const steps = Number(process.argv[2] ?? 10);
const temperature = 0.5;
const world = createWorld(0);
const random = randomFromSeed(1);
const backbone = new URL('../packages/memtrain/assets/backbone', import.meta.url).pathname;
const learner = await loadLanguageModel(backbone, { tokenizer: wordTokenizer(world.vocabulary) });

for (let step = 1; step <= steps; step++) {
  // 1. Masked documents: which entity does [MASK] stand for?
  const documents = Array.from({ length: 16 }, (_, i) => {
    const { chunks, answer } = maskedDocument(world, random, { chunks: 3 });
    return { id: `${step}/${i}`, chunks, gold: [answer], objective: 'E' as const };
  });
  // 2. G1 readings of each, one recall prompt a reading, G2 answers to it, rewards by equations 1 and 2.
  const { groups } = await rolloutMemTrain(await learner.model(), documents, {
    template: miniatureTemplate,
    memoryTokens: 13,
    answerTokens: 1,
    temperature,
    seed: step,
    trajectories: 8,
    recallSamples: 8,
    entitiesOf: (chunk) => entitiesOf(world, chunk),
    rewards: {
      recall: (answer, target) => recallReward(answer, target),
      endToEnd: (answer, gold, recallRewards) => endToEndReward(answer, gold, { recallRewards, lambda: 0.5 }),
    },
  });
  // 3. Mean-only advantages in each group, equal-outcome groups dropped, the sum over tokens divided by the number of conversations.
  const { data } = buildData(groups, { advantage: 'mean', filter: 'outcome', aggregation: 'conversationMean' });
  // 4. One optimizer step on equation 3's objective.
  if (data.length > 0) {
    await learner.forwardBackward(data, { kind: 'policyGradient', clipLow: 0.2, clipHigh: 0.28, kl: 0, temperature });
    await learner.optimStep({ learningRate: 5e-4, clipNorm: 1 });
  }
  const readings = groups.filter(({ objective }) => objective === 'E').flatMap(({ trajectories }) => trajectories);
  const mean = readings.reduce((sum, { outcome }) => sum + outcome, 0) / readings.length;
  console.log(`update ${step}: ${(100 * mean).toFixed(1)} % of the masks named, ${data.length} conversations trained on`);
}
await learner.dispose();
