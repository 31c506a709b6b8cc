import { presets, type PresetName, type TrainingPreset } from '@memtrain/grpo';
import { MemtrainError } from '../errors.ts';

/** Names that are shorter than, or spelled otherwise than, those of `@memtrain/grpo`. */
const shortNames: Readonly<Record<string, PresetName>> = { mem1: 'mem1AfterMemtrain' };

/** A preset by its name, dashes and capitals aside (`search-r1` is `searchR1`). Throws `MemtrainError` (`usage`). */
function presetOf(name: string): TrainingPreset {
  const plain = name.replaceAll('-', '').toLowerCase();
  const names = Object.keys(presets) as PresetName[];
  const found = shortNames[plain] ?? names.find((known) => known.toLowerCase() === plain);
  if (found) return presets[found];
  throw new MemtrainError('usage', `--preset ${name} is unknown: give one of ${[...names, ...Object.keys(shortNames)].join(', ')}`);
}

/** A preset of `@memtrain/grpo` as the start of a run's configuration. Throws `MemtrainError` (`usage`) for an unknown name. */
export function presetConfig(name: string): Record<string, unknown> {
  const preset = presetOf(name);
  const { rollout, reading, searching, train } = preset;
  const { temperature: _, ...loss } = train.loss;
  const { peak, ...schedule } = train.schedule;
  return {
    agent: {
      ...(reading && {
        chunkTokens: reading.chunkTokens,
        maxChunks: reading.maxChunks,
        memoryTokens: reading.memoryTokens,
        answerTokens: reading.answerTokens,
      }),
      temperature: rollout.temperature,
    },
    ...(searching && { search: searching }),
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
