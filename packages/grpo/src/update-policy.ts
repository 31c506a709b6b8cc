import type { RolloutGroup } from '@memtrain/policy';
import { deriveSeed, randomFromSeed, type AdamOptions, type Conversation, type Learner, type Loss } from '@memtrain/policy';
import { buildData, type BuildDataOptions } from './build-data.ts';
import { GrpoError } from './errors.ts';

/** The `policyGradient` loss of `@memtrain/policy`, without its `kind`. */
export type PolicyGradientOptions = Omit<Extract<Loss, { kind: 'policyGradient' }>, 'kind'>;

export interface UpdatePolicyOptions extends Pick<BuildDataOptions, 'advantage' | 'aggregation' | 'constantLength' | 'reference'> {
  readonly loss: PolicyGradientOptions;
  readonly adam: AdamOptions;
  /** Seed of this update's shuffles. */
  readonly seed: number;
  /** Passes over the groups. Default 1. */
  readonly innerSteps?: number | undefined;
  /** Parts of a pass, each whole groups and one optimizer step. Default 1. */
  readonly minibatches?: number | undefined;
}

export interface UpdateMetrics {
  readonly optimizerSteps: number;
  /** Mean over optimizer steps; `null` when there was none, here and below. */
  readonly loss: number | null;
  /** Global norm before clipping, mean over optimizer steps. */
  readonly gradientNorm: number | null;
  /** Share of trained tokens whose ratio was clipped. */
  readonly clipped: number | null;
  /** Mean over trained tokens of the learner's `movedKl`. */
  readonly movedKl: number | null;
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
  const { loss, adam, seed, innerSteps = 1, minibatches = 1, advantage, aggregation, constantLength, reference } = options;
  const build: BuildDataOptions = {
    advantage,
    filter: 'none',
    aggregation,
    constantLength,
    dropZeroAdvantage: loss.kl === 0,
    reference,
  };
  const sums = { steps: 0, loss: 0, gradientNorm: 0, tokens: 0, clipped: 0, movedKl: 0 };
  for (let pass = 0; pass < innerSteps; pass++) {
    const order = minibatches === 1 ? groups : randomFromSeed(deriveSeed(seed, 'minibatches', pass)).shuffle(groups);
    for (const part of split(order, minibatches)) {
      const { data } = buildData(part, build);
      if (data.length === 0) continue;
      const metrics = await learner.forwardBackward(data, { kind: 'policyGradient', ...loss });
      requireFinite(metrics.loss, 'loss', sums.steps);
      const step = await learner.optimStep(adam);
      requireFinite(step.gradientNorm, 'gradient norm', sums.steps);
      sums.steps++;
      sums.loss += metrics.loss;
      sums.gradientNorm += step.gradientNorm;
      sums.tokens += metrics.tokens;
      sums.clipped += metrics.clipped;
      sums.movedKl += metrics.movedKl;
    }
  }
  const over = (sum: number, count: number): number | null => (count === 0 ? null : sum / count);
  return {
    optimizerSteps: sums.steps,
    loss: over(sums.loss, sums.steps),
    gradientNorm: over(sums.gradientNorm, sums.steps),
    clipped: over(sums.clipped, sums.tokens),
    movedKl: over(sums.movedKl, sums.tokens),
  };
}

/** Log-probabilities of the groups' conversations under any policy. Throws `GrpoError` `non-finite`. */
export async function logprobsOf(
  policy: Pick<Learner, 'forward'>,
  groups: readonly RolloutGroup[],
  options: { readonly name: string; readonly temperature: number },
): Promise<Map<Conversation, Float32Array>> {
  const conversations = groups
    .flatMap((group) => group.trajectories.flatMap((trajectory) => trajectory.conversations))
    .filter(({ completion }) => completion.length > 0);
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
