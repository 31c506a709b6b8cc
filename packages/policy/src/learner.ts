import type { Conversation, Datum } from './conversation.ts';
import type { Model } from './model.ts';

/**
 * What is minimised; always a sum over completion tokens, weighted by `Datum.weight`, never a mean.
 * - `crossEntropy`: sum of weight * -logp.
 * - `policyGradient`: sum of weight * -(min(r A, clip(r, 1 - clipLow, 1 + clipHigh) A) - kl * k3), r = exp(logp - old),
 *   k3 = exp(reference - logp) - (reference - logp) - 1 (paper equations 3 and 4).
 */
export type Loss =
  | { readonly kind: 'crossEntropy' }
  | {
      readonly kind: 'policyGradient';
      readonly clipLow: number;
      readonly clipHigh: number;
      /** Coefficient of the KL penalty to the reference policy; 0 needs no reference. */
      readonly kl: number;
      /** Temperature the completions were sampled with (logits are divided by it). Default 1. */
      readonly temperature?: number;
    };

/** Sums over the batch's completion tokens. */
export interface LossMetrics {
  /** Value of the weighted loss. */
  readonly loss: number;
  /** Number of completion tokens. */
  readonly tokens: number;
  /** Number of tokens whose ratio was clipped in the objective. */
  readonly clipped: number;
  /** Sum over tokens of k3(old, current): an estimate of how far the policy moved since sampling. */
  readonly movedKl: number;
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
