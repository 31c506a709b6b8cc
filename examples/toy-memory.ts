/**
 * A tiny random model learns in seconds what to keep in its memory. Eight people live in a town of their own. A document is two chunks in any
 * order, `[MASK] rome` and `- plum`. The memory holds one word; after the last chunk it is asked who was masked (E), or which town stood there
 * (I). A short warm start teaches who lives where, and to copy words. Whether an update keeps the memory or overwrites it is a coin's toss then,
 * and so is whether E is answered with the memory's word or the person: one of four masks is named. Only the reward says what is right.
 * Arguments: seed (default 1), then arms (default endToEnd decoupled memtrain). Prints the rise on fresh documents.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolloutMemTrain, type PromptTemplate, type RolloutDocument, type RolloutMemTrainResult } from '@memtrain/agent';
import { presets, train } from '@memtrain/grpo';
import { createLanguageModel, type LanguageModel } from '@memtrain/lm';
import { deriveSeed, randomFromSeed, wordTokenizer, type Datum, type Model, type Random } from '@memtrain/policy';
import { endToEndReward, recallReward } from '@memtrain/rewards';

const [seedText = '1', ...chosen] = process.argv.slice(2);
const seed = Number(seedText);
const arms = (chosen.length > 0 ? chosen : ['endToEnd', 'decoupled', 'memtrain']) as ('endToEnd' | 'decoupled' | 'memtrain')[];

const people = ['ann', 'bob', 'cai', 'dan', 'eva', 'fay', 'gus', 'hal'];
const towns = ['bonn', 'cork', 'graz', 'kiel', 'lima', 'nice', 'oslo', 'rome'];
const fruits = ['date', 'fig', 'kiwi', 'lime', 'nut', 'pear', 'plum', 'pome'];
const tokenizer = wordTokenizer(['<pad>', '<eos>', '<upd>', '<ans>', '<rec>', '-', '[MASK]', '[TARGET]', ...people, ...towns, ...fruits]);
const template: PromptTemplate = {
  name: 'toy',
  chat: false,
  update: ({ memory, chunk }) => `${chunk} ${memory} <upd>`,
  answer: ({ memory }) => `${memory} <ans>`,
  recall: ({ memory, chunk }) => `${chunk} ${memory} <rec>`,
  parseMemory: (reply) => reply,
  parseAnswer: (reply) => reply,
  emptyMemory: '-',
  problem: 'who?',
  target: '[TARGET]',
};

const createModel = (): LanguageModel =>
  createLanguageModel({
    seed,
    tokenizer,
    threads: 1,
    configuration: {
      vocabularySize: tokenizer.vocabularySize,
      hiddenSize: 32,
      layers: 2,
      heads: 2,
      keyValueHeads: 1,
      headSize: 16,
      intermediateSize: 64,
      ropeTheta: 100,
      normEpsilon: 1e-6,
      tiedEmbeddings: true,
      maxPositions: 32,
      initializerRange: 0.1,
    },
  });

/** Supervised steps: an update copies the chunk's word or the memory's, E is answered with the memory's town or who lives there, I with the town. */
async function warmStart(learner: LanguageModel, steps: number, rows: number): Promise<void> {
  const example = (prompt: string, word: string): Datum => {
    const [ids, completion] = [tokenizer.encode(prompt), tokenizer.encode(word)];
    return { prompt: ids, completion, logprobs: new Float32Array(1), finish: 'length', advantage: 0, weight: 1 / rows };
  };
  for (let step = 1; step <= steps; step++) {
    const random = randomFromSeed(deriveSeed(seed, 'warm start', step));
    const either = <T>(...options: readonly T[]): T => options[random.integer(options.length)]!;
    const data = Array.from({ length: rows }, () => {
      const [town, seen, kept] = [either(...towns), either(...towns, ...fruits), either(...towns, ...fruits)];
      const memory = either(template.emptyMemory, kept, kept);
      return [
        example(template.update({ memory, chunk: chunkOf(seen), problem: '' }), memory === kept ? either(seen, kept) : seen),
        example(template.answer({ memory: town, problem: '' }), either(town, people[towns.indexOf(town)]!)),
        example(template.recall({ memory: town, chunk: '[MASK] [TARGET]' }), town),
      ];
    }).flat();
    await learner.forwardBackward(data, { kind: 'crossEntropy' });
    await learner.optimStep({ learningRate: 0.008 * Math.min(step / 10, 1.1 - step / steps), beta2: 0.98, clipNorm: 1 });
  }
}

const chunkOf = (word: string): string => (towns.includes(word) ? `[MASK] ${word}` : `- ${word}`);

function toyDocuments(random: Random, count: number): RolloutDocument[] {
  return Array.from({ length: count }, (_, i) => {
    const place = random.integer(towns.length);
    const chunks = random.shuffle([towns[place]!, fruits[random.integer(fruits.length)]!]).map(chunkOf);
    return { id: `${i}`, chunks, gold: [people[place]!], objective: 'E' };
  });
}

interface ToyRolloutOptions {
  readonly documents: number;
  readonly seed: number;
  readonly trajectories: number;
  readonly recallSamples: number;
  readonly lambda: number;
}

function toyRollout(model: Model, { documents, lambda, ...options }: ToyRolloutOptions): Promise<RolloutMemTrainResult> {
  return rolloutMemTrain(model, toyDocuments(randomFromSeed(deriveSeed(options.seed, 'documents')), documents), {
    ...options,
    template,
    memoryTokens: 1,
    answerTokens: 1,
    entitiesOf: (chunk) => towns.filter((town) => chunk.includes(town)),
    rewards: {
      recall: (answer, target) => recallReward(answer, target),
      endToEnd: (answer, gold, recallRewards) => endToEndReward(answer, gold, { recallRewards, lambda }),
    },
  });
}

/** Shares of right answers to E and I, sampled, on documents that training does not see. */
async function accuracy(learner: LanguageModel): Promise<{ masks: number; recalls: number }> {
  const options = { documents: 250, seed: deriveSeed(seed, 'test'), trajectories: 1, recallSamples: 1, lambda: 0 };
  const { statistics } = await toyRollout(await learner.model(), options);
  return { masks: 100 * statistics.accuracy!, recalls: 100 * statistics.recallAccuracy! };
}

const folder = await mkdtemp(join(tmpdir(), 'toy-memory-'));
const learner = createModel();
try {
  await warmStart(learner, 120, 48);
  const start = await learner.save(join(folder, 'start'));
  const before = await accuracy(learner);
  for (const arm of arms) {
    const began = performance.now();
    await learner.load(start);
    const { rollout, train: recipe } = presets[arm];
    const steps = 40;
    await train({
      ...recipe,
      learner,
      folder: join(folder, arm),
      steps,
      seed,
      loss: { ...recipe.loss, kl: 0 },
      schedule: { kind: 'linear', peak: 0.008, warmup: 3, steps, floor: 0.0008 },
      adam: { beta2: 0.95, clipNorm: 1 },
      checkpointEvery: steps,
      async rollout({ model, seed: stepSeed }) {
        const recallSamples = Math.min(4, rollout.recallSamples);
        return toyRollout(model, { documents: 16, seed: stepSeed, trajectories: 8, recallSamples, lambda: rollout.lambda });
      },
      onStep({ step, objectives }) {
        if (step % 10 === 0) console.log(`${arm}, update ${step}: ${(100 * objectives['E']!.outcome).toFixed(0)} % of the masks named`);
      },
    });
    const after = await accuracy(learner);
    const rise = (of: 'masks' | 'recalls'): string => `${before[of].toFixed(1)} % -> ${after[of].toFixed(1)} %`;
    console.log(`${arm}: masks ${rise('masks')}, recalls ${rise('recalls')}, ${((performance.now() - began) / 1e3).toFixed(1)} s`);
  }
} finally {
  await learner.dispose();
  await rm(folder, { recursive: true });
}
