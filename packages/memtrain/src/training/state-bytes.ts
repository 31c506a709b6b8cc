import type { LanguageModel } from '@memtrain/lm';
import type { TrainConfig } from '../config/train-config.ts';
import { needsReference } from './probe-update.ts';

/** What a run keeps in memory from start to end, in bytes; what a batch needs besides comes and goes. */
export interface StateBytes {
  /** Trained weights, their gradient and the optimizer's two moments. */
  readonly trained: number;
  /** Weights that are read only: with adapters, those of the model. */
  readonly frozen: number;
  /** Weights of a reference policy of its own; also its moments where it takes over the trained weights from a checkpoint. */
  readonly reference: number;
}

/** Memory of a run's weights, gradients and moments, all float32. With adapters the reference policy is the model without them. */
export function stateBytes(learner: Pick<LanguageModel, 'parameterCount' | 'frozenCount'>, config: TrainConfig): StateBytes {
  const { parameterCount, frozenCount } = learner;
  const ownReference = needsReference(config.objective) && !config.model.lora;
  const referenceCopies = config.objective.refreshReferenceEvery > 0 ? 4 : 1;
  return {
    trained: 4 * 4 * parameterCount,
    frozen: 4 * frozenCount,
    reference: ownReference ? 4 * referenceCopies * parameterCount : 0,
  };
}

/** Memory as a line for a reader; `residentBytes` is what the process holds after a probe. */
export function describeMemory(state: StateBytes, residentBytes: number): string {
  const parts = [`${sizeText(state.trained)} of trained weights, gradient and optimizer`];
  if (state.frozen > 0) parts.push(`${sizeText(state.frozen)} of frozen weights`);
  if (state.reference > 0) parts.push(`${sizeText(state.reference)} of a reference policy`);
  return `memory: ${parts.join(', ')}; ${sizeText(residentBytes)} resident after a short probe`;
}

function sizeText(bytes: number): string {
  return bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Seconds of an update, part by part. */
export interface UpdateSeconds {
  readonly rollout: number;
  /** 0: no pass before the first gradient. */
  readonly logprobs: number;
  readonly update: number;
}

/** Time as a line for a reader. */
export function describeTime({ rollout, logprobs, update }: UpdateSeconds, { steps }: Pick<TrainConfig, 'steps'>): string {
  const scoring = logprobs > 0 ? `, ${logprobs.toFixed(1)} s of log-probabilities` : '';
  const hours = ((rollout + logprobs + update) * steps) / 3600;
  return `time: at most about ${rollout.toFixed(1)} s of rollouts${scoring} and ${update.toFixed(1)} s of training an update, ${hours.toFixed(2)} h for ${steps} updates`;
}
