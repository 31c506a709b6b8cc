import type { Conversation, Datum } from './conversation.ts';
import type { Model } from './model.ts';

/** Log ratios, and the KL's differences of log-probabilities, are limited to +- this many nats, as in verl: beyond that they are constants. */
export const logRatioBound = 20;

/**
 * What is minimised; always a sum over completion tokens, weighted by `Datum.weight`, never a mean.
 * - `crossEntropy`: sum of weight * -logp. With weight = -dL/dlogp per token it is the linear form of any other loss L, so an objective
 *   that an engine does not know is trained exactly by `forward`, its closed-form gradient, and this.
 * - `policyGradient`: sum of weight * -(surrogate - kl * K(reference, logp)), with r = exp(logp - old) and A the advantage
 *   (paper equations 3 and 4). logp - old and reference - logp are limited to +-`logRatioBound`, beyond which they have no gradient.
 */
export type Loss = CrossEntropyLoss | PolicyGradientLoss;

export interface CrossEntropyLoss {
  readonly kind: 'crossEntropy';
  /** Logits are divided by it. Default 1. */
  readonly temperature?: number;
}

export interface PolicyGradientLoss {
  readonly kind: 'policyGradient';
  /**
   * `ppo` (default): min(r A, clip(r, 1 - clipLow, 1 + clipHigh) A).
   * `cispo`: clip(r, 1 - clipLow, 1 + clipHigh), taken as a constant, times A logp.
   */
  readonly surrogate?: 'ppo' | 'cispo';
  readonly clipLow: number;
  readonly clipHigh: number;
  /** PPO only: for A < 0 the surrogate is no lower than dualClip * A; above 1. Off when absent. */
  readonly dualClip?: number;
  /** Coefficient of the KL penalty to the reference policy; 0 needs no reference. */
  readonly kl: number;
  /** With d = reference - logp: `k1` -d, `k2` d^2 / 2, `k3` (default) exp(d) - d - 1. */
  readonly klEstimator?: KlEstimator;
  /** Temperature the completions were sampled with (logits are divided by it). Default 1. */
  readonly temperature?: number;
}

/** Estimators of the KL to the reference policy (J. Schulman, "Approximating KL divergence"). */
export type KlEstimator = 'k1' | 'k2' | 'k3';

/** Sums over the batch's completion tokens. The optional ones are there when the engine can tell. */
export interface LossMetrics {
  /** Value of the weighted loss. */
  readonly loss: number;
  /** Number of completion tokens. */
  readonly tokens: number;
  /** Number of tokens whose ratio was clipped in the objective. */
  readonly clipped: number;
  /** Of those, the ones clipped at the lower bound (A < 0) and at the upper one (A > 0). */
  readonly clippedLow?: number;
  readonly clippedHigh?: number;
  /** Sum over tokens of k3(old, current): an estimate of how far the policy moved since sampling. */
  readonly movedKl: number;
  /** Sum and largest of |logp - old| over tokens: on unchanged weights, the mismatch between sampler and trainer. */
  readonly movedAbsolute?: number;
  readonly movedLargest?: number;
  /** Sum over tokens of the KL estimator to the reference, when the loss has a KL term. */
  readonly referenceKl?: number;
  /** Sum over tokens of the entropy of the next-token distribution (at the loss's temperature), in nats. */
  readonly entropy?: number;
}

/** AdamW with decoupled weight decay. */
export interface AdamOptions {
  readonly learningRate: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Largest global gradient norm; the gradient is scaled down to it. No clipping when absent. */
  readonly clipNorm?: number;
}

export interface StepMetrics {
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** Number of optimizer steps taken so far. */
  readonly step: number;
}

/** Something that can be trained. */
export interface Learner {
  /** Log-probabilities of each conversation's completion tokens under the current weights, at `temperature` (default 1). */
  forward(batch: readonly Conversation[], options?: { readonly temperature?: number }): Promise<Float32Array[]>;
  /** Adds the loss's gradient to the accumulated one: a sum, so a batch may be split in any way. */
  forwardBackward(batch: readonly Datum[], loss: Loss): Promise<LossMetrics>;
  /** One AdamW step with the accumulated gradient, which is then zero. */
  optimStep(adam: AdamOptions): Promise<StepMetrics>;
  /** Writes weights and optimizer state into the folder `path` (which must not exist) and returns it. */
  save(path: string): Promise<string>;
  /** Restores what `save` wrote, exactly. */
  load(path: string): Promise<void>;
  /** The current weights, to sample from. Stays valid, and follows later optimizer steps. */
  model(): Promise<Model>;
}
