import { randomFromSeed as worldRandom, warmStartRow, type WarmStartKind, type World } from '@memtrain/corpus';
import { deriveSeed, type Datum, type Learner, type Tokenizer } from '@memtrain/policy';

/** How many rows of each kind a step trains on, and the weight of a kind's mean loss. */
export type WarmStartMix = Readonly<Record<WarmStartKind, { readonly rows: number; readonly weight: number }>>;

/** Mix that teaches copying, known facts and the three prompts at once; see docs/log.md for what else was tried. */
export const warmStartMix: WarmStartMix = {
  languageModel: { rows: 8, weight: 1 },
  repeat: { rows: 24, weight: 1 },
  update: { rows: 64, weight: 2 },
  answer: { rows: 32, weight: 1 },
  recall: { rows: 16, weight: 1 },
};

export interface WarmStartOptions {
  readonly learner: Learner;
  readonly tokenizer: Tokenizer;
  readonly world: World;
  readonly seed: number;
  /** Steps of the whole schedule. */
  readonly steps: number;
  /** Step to end at, for a look at the beginning. Default `steps`. */
  readonly last?: number;
  /** Highest learning rate, reached after `warmUp` steps; then a cosine down to a twentieth. */
  readonly learningRate: number;
  /** Default 100. */
  readonly warmUp?: number;
  readonly mix?: WarmStartMix;
  readonly signal?: AbortSignal;
  readonly onStep?: (record: WarmStartRecord) => void | Promise<void>;
}

/** One step of the warm start. */
export interface WarmStartRecord {
  /** Counted from 1. */
  readonly step: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  /** Cross-entropy in nats a completion token, by kind of row. */
  readonly loss: Readonly<Record<WarmStartKind, number>>;
  /** Prompt and completion tokens trained on so far. */
  readonly tokens: number;
}

/**
 * Supervised training that gives a fresh model what reinforcement learning needs to start from: the world's known facts, copying,
 * and a careless memory writer. Same seed, same rows. Returns false when the signal ended it early.
 */
export async function warmStart(options: WarmStartOptions): Promise<boolean> {
  const { learner, tokenizer, world, seed, steps, signal, mix = warmStartMix } = options;
  const random = worldRandom(deriveSeed(seed, 'warm-start'));
  let tokens = 0;
  for (let step = 1; step <= (options.last ?? steps); step++) {
    if (signal?.aborted) return false;
    const loss = { languageModel: 0, repeat: 0, update: 0, answer: 0, recall: 0 };
    for (const kind of Object.keys(loss) as WarmStartKind[]) {
      const { rows, weight } = mix[kind];
      if (rows === 0) continue;
      const data = Array.from({ length: rows }, (): Datum => {
        const { prompt, completion } = warmStartRow(world, random, kind);
        const target = tokenizer.encode(completion);
        return {
          prompt: tokenizer.encode(prompt),
          completion: target,
          logprobs: new Float32Array(target.length),
          finish: 'stop',
          advantage: 0,
          weight: 1,
        };
      });
      const targets = data.reduce((sum, { completion }) => sum + completion.length, 0);
      tokens += data.reduce((sum, { prompt }) => sum + prompt.length, targets);
      const metrics = await learner.forwardBackward(
        data.map((datum) => ({ ...datum, weight: weight / targets })),
        { kind: 'crossEntropy' },
      );
      loss[kind] = metrics.loss / weight;
    }
    const learningRate = options.learningRate * scheduleFactor(step, steps, options.warmUp ?? 100);
    const { gradientNorm } = await learner.optimStep({ learningRate, beta1: 0.9, beta2: 0.98, weightDecay: 0.01, clipNorm: 1 });
    await options.onStep?.({ step, learningRate, gradientNorm, loss, tokens });
  }
  return true;
}

/** Linear warm-up times a cosine from 1 to 0.05. */
function scheduleFactor(step: number, steps: number, warmUp: number): number {
  return Math.min(1, step / warmUp) * (0.05 + 0.95 * 0.5 * (1 + Math.cos((Math.PI * (step - 1)) / steps)));
}
