import { deriveSeed, randomFromSeed } from '@memtrain/policy';
import type { AdamOptions, Conversation, Datum, Learner, LossMetrics, RolloutGroup } from '@memtrain/policy';
import { buildData, type BuildDataOptions } from './build-data.ts';
import { conversationsOf } from './conversations-of.ts';
import { forwardBackwardByCrossEntropy } from './cross-entropy-form.ts';
import { GrpoError } from './errors.ts';
import type { ObjectiveOptions } from './objective.ts';

type BuildOptions = Pick<
  BuildDataOptions,
  'advantage' | 'aggregation' | 'constantLength' | 'maskTruncated' | 'reference' | 'advantageFactors'
>;

export interface UpdatePolicyOptions extends BuildOptions {
  readonly loss: ObjectiveOptions;
  readonly adam: AdamOptions;
  /** Seed of this update's shuffles. */
  readonly seed: number;
  /** Passes over the groups. Default 1. */
  readonly innerSteps?: number | undefined;
  /** Parts of a pass, each whole groups and one optimizer step. Default 1. */
  readonly minibatches?: number | undefined;
}

/** Means over what the optimizer steps of an update saw; `null` when there was none, or when the learner does not tell. */
export interface UpdateMetrics {
  readonly optimizerSteps: number;
  /** Mean over optimizer steps. */
  readonly loss: number | null;
  /** Global norm before clipping, mean over optimizer steps. */
  readonly gradientNorm: number | null;
  /** Share of trained tokens whose ratio was clipped; at the lower bound; at the upper one. */
  readonly clipped: number | null;
  readonly clippedLow: number | null;
  readonly clippedHigh: number | null;
  /** Mean over trained tokens of the learner's `movedKl`. */
  readonly movedKl: number | null;
  /** Mean over trained tokens, nats. */
  readonly entropy: number | null;
  /** |learner - given| log-probability over the first optimizer step's tokens, whose weights had not moved yet. */
  readonly firstStepGap: { readonly mean: number; readonly largest: number } | null;
}

/**
 * The optimizer steps of one update. Every step is normalised over its own minibatch; with one minibatch that is the whole
 * update, as in the paper. A minibatch in which nothing has a gradient (all advantages 0, no KL term) takes no step.
 * Throws `GrpoError` `non-finite` for a loss or gradient that is not finite: for a loss, before its optimizer step.
 */
export async function updatePolicy(
  learner: Learner,
  groups: readonly RolloutGroup[],
  options: UpdatePolicyOptions,
): Promise<UpdateMetrics> {
  const {
    loss,
    adam,
    seed,
    innerSteps = 1,
    minibatches = 1,
    advantage,
    aggregation,
    constantLength,
    maskTruncated,
    reference,
    advantageFactors,
  } = options;
  const build: BuildDataOptions = {
    advantage,
    filter: 'none',
    aggregation,
    constantLength,
    maskTruncated,
    dropZeroAdvantage: loss.kl === 0,
    reference,
    advantageFactors,
  };
  const steps: LossMetrics[] = [];
  let gradientNorms = 0;
  for (let pass = 0; pass < innerSteps; pass++) {
    const order = minibatches === 1 ? groups : randomFromSeed(deriveSeed(seed, 'minibatches', pass)).shuffle(groups);
    for (const part of split(order, minibatches)) {
      const { data } = buildData(part, build);
      if (data.length === 0) continue;
      const metrics = await forwardBackward(learner, data, loss);
      requireFinite(metrics.loss, 'loss', steps.length);
      const { gradientNorm } = await learner.optimStep(adam);
      requireFinite(gradientNorm, 'gradient norm', steps.length);
      steps.push(metrics);
      gradientNorms += gradientNorm;
    }
  }
  return updateMetrics(steps, gradientNorms);
}

async function forwardBackward(learner: Learner, data: readonly Datum[], loss: ObjectiveOptions): Promise<LossMetrics> {
  const { importance = 'token', ...policyGradient } = loss;
  if (importance === 'sequence') return forwardBackwardByCrossEntropy(learner, data, loss);
  return learner.forwardBackward(data, { kind: 'policyGradient', ...policyGradient });
}

function updateMetrics(steps: readonly LossMetrics[], gradientNorms: number): UpdateMetrics {
  const tokens = steps.reduce((sum, step) => sum + step.tokens, 0);
  const perToken = (name: Exclude<keyof LossMetrics, 'movedLargest'>): number | null => {
    let sum = 0;
    for (const step of steps) {
      const value = step[name];
      if (value === undefined) return null;
      sum += value;
    }
    return tokens === 0 ? null : sum / tokens;
  };
  const [first] = steps;
  const known = first && first.tokens > 0 && first.movedAbsolute !== undefined && first.movedLargest !== undefined;
  return {
    optimizerSteps: steps.length,
    loss: steps.length === 0 ? null : steps.reduce((sum, step) => sum + step.loss, 0) / steps.length,
    gradientNorm: steps.length === 0 ? null : gradientNorms / steps.length,
    clipped: perToken('clipped'),
    clippedLow: perToken('clippedLow'),
    clippedHigh: perToken('clippedHigh'),
    movedKl: perToken('movedKl'),
    entropy: perToken('entropy'),
    firstStepGap: known ? { mean: first.movedAbsolute / first.tokens, largest: first.movedLargest } : null,
  };
}

/** Log-probabilities of the groups' conversations under any policy. Throws `GrpoError` `non-finite`. */
export async function logprobsOf(
  policy: Pick<Learner, 'forward'>,
  groups: readonly RolloutGroup[],
  options: { readonly name: string; readonly temperature: number },
): Promise<Map<Conversation, Float32Array>> {
  const conversations = conversationsOf(groups).filter(({ completion }) => completion.length > 0);
  if (conversations.length === 0) return new Map();
  const values = await policy.forward(conversations, { temperature: options.temperature });
  return new Map(
    conversations.map((conversation, index) => {
      const own = values[index];
      if (own?.length !== conversation.completion.length || !own.every(Number.isFinite)) {
        throw new GrpoError(
          'non-finite',
          `${options.name} gave no finite log-probability for each token of conversation ${index}: check its weights`,
        );
      }
      return [conversation, own];
    }),
  );
}

/** Contiguous parts whose sizes differ by at most one; fewer when there are fewer items. */
function split<T>(items: readonly T[], parts: number): T[][] {
  const count = Math.min(parts, items.length);
  return Array.from({ length: count }, (_, k) =>
    items.slice(Math.floor((k * items.length) / count), Math.floor(((k + 1) * items.length) / count)),
  );
}

function requireFinite(value: number, name: string, steps: number): void {
  if (Number.isFinite(value)) return;
  throw new GrpoError(
    'non-finite',
    `the ${name} is ${value} after ${steps} optimizer steps of this update: resume from the last checkpoint with a lower learning rate`,
  );
}
