import { presets, type PresetName } from '@memtrain/grpo';
import { MemtrainError } from '../errors.ts';

/** Presets that `memtrain train` can run: those of an agent that reads documents. */
export const readingPresets: readonly PresetName[] = (Object.keys(presets) as PresetName[]).filter((name) => presets[name].reading);

/** A preset of `@memtrain/grpo` as the start of a run's configuration. Throws `MemtrainError` (`usage`) for a name that cannot be trained here. */
export function presetConfig(name: string): Record<string, unknown> {
  const preset = Object.hasOwn(presets, name) ? presets[name as PresetName] : undefined;
  if (!preset?.reading) {
    const why = preset ? 'trains an agent that searches, not one that reads documents' : 'is unknown';
    throw new MemtrainError('usage', `--preset ${name} ${why}: give one of ${readingPresets.join(', ')}`);
  }
  const { rollout, reading, train } = preset;
  const { temperature: _, ...loss } = train.loss;
  const { peak, ...schedule } = train.schedule;
  return {
    agent: {
      chunkTokens: reading.chunkTokens,
      maxChunks: reading.maxChunks,
      memoryTokens: reading.memoryTokens,
      answerTokens: reading.answerTokens,
      temperature: rollout.temperature,
    },
    objective: {
      groupSize: rollout.trajectories,
      recallSamples: rollout.recallSamples,
      lambda: rollout.lambda,
      ...loss,
      advantage: train.advantage,
      filter: train.filter,
      aggregation: train.aggregation,
    },
    optimizer: { learningRate: peak, schedule: schedule.kind, warmup: schedule.warmup, ...train.adam, beta2: 0.999 },
    steps: preset.steps,
    documentsPerStep: rollout.tasks,
    minibatches: train.minibatches,
    innerSteps: train.innerSteps,
    checkpointEvery: 10,
  };
}
