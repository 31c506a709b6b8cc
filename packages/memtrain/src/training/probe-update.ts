import { buildData } from '@memtrain/grpo';
import type { LanguageModel } from '@memtrain/lm';
import type { Learner, RolloutGroup } from '@memtrain/policy';
import type { TrainConfig } from '../config/train-config.ts';
import { trainingSettings } from './training-settings.ts';

/** What of a model an estimate needs. */
export type ProbedLearner = Learner & Pick<LanguageModel, 'parameterCount' | 'frozenCount' | 'lora' | 'reference'>;

export interface UpdateProbe {
  /** That were scored and had a gradient. */
  readonly conversations: number;
  /** Of all of them together. */
  readonly promptTokens: number;
  /** Of scoring before the first gradient, 0 where an update needs none, and of the gradient. */
  readonly seconds: { readonly logprobs: number; readonly update: number };
}

/** Scores sampled groups as often as an update does and takes their gradient, without a step. */
export async function probeUpdate(learner: ProbedLearner, groups: readonly RolloutGroup[], config: TrainConfig): Promise<UpdateProbe> {
  const { temperature } = config.agent;
  const { data } = buildData(groups, { filter: 'none' });
  const started = performance.now();
  const passes = scorers(learner, config);
  for (const policy of passes) await policy.forward(data, { temperature });
  const scored = performance.now();
  const { clipLow, clipHigh } = trainingSettings(config).loss;
  // Rewards may all be equal: an advantage of 1 makes the gradient cost what it will.
  await learner.forwardBackward(
    data.map((datum) => ({ ...datum, advantage: 1 })),
    { kind: 'policyGradient', clipLow, clipHigh, kl: 0, temperature },
  );
  const updated = performance.now();
  return {
    conversations: data.length,
    promptTokens: data.reduce((sum, { prompt }) => sum + prompt.length, 0),
    seconds: { logprobs: passes.length === 0 ? 0 : (scored - started) / 1000, update: (updated - scored) / 1000 },
  };
}

/** Whether an objective has a reference policy. */
export function needsReference({ kl, rewardKl }: TrainConfig['objective']): boolean {
  return kl > 0 || rewardKl > 0;
}

/** What scores every conversation of an update before the first gradient. */
function scorers(learner: ProbedLearner, config: TrainConfig): Pick<Learner, 'forward'>[] {
  const found: Pick<Learner, 'forward'>[] = [];
  if (config.sampler.recomputeLogprobs) found.push(learner);
  // A reference with weights of its own is as large as the learner, and takes as long.
  if (needsReference(config.objective)) found.push(learner.lora ? learner.reference() : learner);
  return found;
}
