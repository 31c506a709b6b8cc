import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  randomFromSeed,
  type AdamOptions,
  type Conversation,
  type Datum,
  type Learner,
  type Loss,
  type LossMetrics,
  type Model,
} from '@memtrain/policy';
import { objective } from '../src/objective.ts';
import type { RolloutContext, Rollout } from '../src/train-options.ts';

export interface TableLearner extends Learner {
  /** One logit for each token; every position has the same distribution. */
  readonly logits: Float64Array;
  readonly log: { forwardBackward: Datum[][]; optimSteps: AdamOptions[]; crossEntropyCalls?: number };
  save(path: string): Promise<string>;
}

/** A softmax bandit over `size` tokens with a real AdamW: the smallest thing that can be trained. */
export function tableLearner(
  options: { size?: number; onSave?: (path: string) => Promise<void>; poison?: () => 'loss' | 'gradient' | undefined } = {},
): TableLearner {
  const { size = 4 } = options;
  const logits = new Float64Array(size);
  const gradient = new Float64Array(size);
  const first = new Float64Array(size);
  const second = new Float64Array(size);
  let steps = 0;
  const log: TableLearner['log'] = { forwardBackward: [], optimSteps: [] };
  const logprobs = (temperature = 1): Float64Array => {
    const scaled = logits.map((value) => value / temperature);
    const top = Math.max(...scaled);
    const total = Math.log(scaled.reduce((sum, value) => sum + Math.exp(value - top), 0)) + top;
    return scaled.map((value) => value - total);
  };
  const model: Model = {
    async *complete(requests, { maxTokens }) {
      for (const [index, request] of requests.entries()) {
        await Promise.resolve();
        const random = randomFromSeed(request.seed);
        const current = logprobs();
        const completion = Int32Array.from({ length: maxTokens }, () => {
          let left = random.float();
          for (let token = 0; token < size - 1; token++) if ((left -= Math.exp(current[token]!)) < 0) return token;
          return size - 1;
        });
        const conversation: Conversation = {
          prompt: Int32Array.of(0),
          completion,
          logprobs: Float32Array.from(completion, (token) => current[token]!),
          finish: 'length',
        };
        yield { index, text: completion.join(' '), finish: 'length', conversation };
      }
    },
  };
  return {
    logits,
    log,
    forward: async (batch, { temperature = 1 } = {}) => {
      const current = logprobs(temperature);
      return Promise.resolve(batch.map(({ completion }) => Float32Array.from(completion, (token) => current[token]!)));
    },
    forwardBackward: async (batch: readonly Datum[], loss: Loss): Promise<LossMetrics> => {
      const current = logprobs(loss.temperature);
      if (loss.kind === 'crossEntropy') {
        log.crossEntropyCalls = (log.crossEntropyCalls ?? 0) + 1;
        const sums = { loss: 0, tokens: 0, clipped: 0, movedKl: 0 };
        for (const { completion, weight } of batch) {
          sums.tokens += completion.length;
          for (const [t, token] of completion.entries()) {
            const w = typeof weight === 'number' ? weight : weight[t]!;
            sums.loss -= w * current[token]!;
            for (let k = 0; k < size; k++) gradient[k]! -= (w * ((k === token ? 1 : 0) - Math.exp(current[k]!))) / (loss.temperature ?? 1);
          }
        }
        return Promise.resolve(sums);
      }
      log.forwardBackward.push([...batch]);
      const sums = { loss: 0, tokens: 0, clipped: 0, movedKl: 0 };
      for (const datum of batch) {
        const result = objective(
          datum,
          Array.from(datum.completion, (token) => current[token]!),
          loss,
        );
        sums.loss -= result.value;
        sums.tokens += datum.completion.length;
        sums.clipped += result.clipped;
        sums.movedKl += result.movedKl;
        for (const [t, token] of datum.completion.entries()) {
          for (let k = 0; k < size; k++)
            gradient[k]! -= (result.gradient[t]! * ((k === token ? 1 : 0) - Math.exp(current[k]!))) / (loss.temperature ?? 1);
        }
      }
      if (options.poison?.() === 'loss') sums.loss = Number.NaN;
      return Promise.resolve(sums);
    },
    optimStep: async (adam) => {
      log.optimSteps.push(adam);
      const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, clipNorm = Infinity } = adam;
      const norm = Math.hypot(...gradient);
      const scale = norm > clipNorm ? clipNorm / norm : 1;
      steps++;
      for (let k = 0; k < size; k++) {
        const slope = gradient[k]! * scale;
        first[k] = beta1 * first[k]! + (1 - beta1) * slope;
        second[k] = beta2 * second[k]! + (1 - beta2) * slope * slope;
        const update = first[k]! / (1 - beta1 ** steps) / (Math.sqrt(second[k]! / (1 - beta2 ** steps)) + epsilon);
        logits[k] = logits[k]! - learningRate * (update + weightDecay * logits[k]!);
      }
      gradient.fill(0);
      return Promise.resolve({ gradientNorm: options.poison?.() === 'gradient' ? Number.POSITIVE_INFINITY : norm, step: steps });
    },
    save: async (path) => {
      await mkdir(path);
      await options.onSave?.(path);
      await writeFile(join(path, 'table.bin'), Buffer.from(Float64Array.of(steps, ...logits, ...first, ...second).buffer));
      return path;
    },
    load: async (path) => {
      const bytes = await readFile(join(path, 'table.bin'));
      const values = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      steps = values[0]!;
      logits.set(values.subarray(1, 1 + size));
      first.set(values.subarray(1 + size, 1 + 2 * size));
      second.set(values.subarray(1 + 2 * size));
    },
    model: async () => Promise.resolve(model),
  };
}

/** Groups of eight answers of two tokens: E is paid for every token 2, I for starting with token 2. */
export async function banditRollout({ model, seed, step }: RolloutContext): Promise<Rollout> {
  const random = randomFromSeed(seed);
  const groups: Rollout['groups'][number][] = [];
  for (const objectiveName of ['E', 'I']) {
    for (let g = 0; g < 3; g++) {
      const requests = Array.from({ length: 8 }, () => ({ prompt: Int32Array.of(0), seed: random.integer(2 ** 31) }));
      const trajectories: Rollout['groups'][number]['trajectories'][number][] = [];
      for await (const result of model.complete(requests, { maxTokens: 2 })) {
        if (!('conversation' in result) || !result.conversation) throw new Error('no conversation');
        const { completion } = result.conversation;
        const reward = objectiveName === 'E' ? completion.filter((token) => token === 2).length / 2 : Number(completion[0] === 2);
        trajectories.push({ reward, outcome: reward, conversations: [result.conversation] });
      }
      groups.push({ id: `document ${g}`, objective: objectiveName, trajectories });
    }
  }
  return { groups, metrics: { documents: 3, made: step } };
}

/** A conversation of `tokens` completion tokens at one log-probability. */
export function conversationOf(tokens: number, options: { logprob?: number; finish?: Conversation['finish'] } = {}): Conversation {
  const { logprob = -1, finish = 'stop' } = options;
  return { prompt: Int32Array.of(1), completion: new Int32Array(tokens), logprobs: new Float32Array(tokens).fill(logprob), finish };
}
