import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createLanguageModel } from '@memtrain/lm';
import type { LanguageModel } from '@memtrain/lm';
import { huggingFaceTokenizer } from '@memtrain/policy';
import type { Learner } from '@memtrain/policy';
import { trainConfigSchema } from '../src/config/train-config.ts';
import type { TrainConfig } from '../src/config/train-config.ts';
import { readDocumentsFile } from '../src/documents/read-documents-file.ts';
import { learnTokenizer } from '../src/model/learn-tokenizer.ts';
import { documentsOfUpdate, readingOf } from '../src/training/documents-of-update.ts';
import { describeEstimate, estimateTraining } from '../src/training/dry-run.ts';
import { stateBytes } from '../src/training/state-bytes.ts';
import { writeDocuments } from './support/documents.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { tinyConfiguration } from './support/tiny-configuration.ts';

const path = join(temporaryFolder(), 'documents.jsonl');
writeDocuments(path, 2);
const file = readDocumentsFile(path);
const tokenizer = huggingFaceTokenizer(
  learnTokenizer(
    file.documents.map(({ text }) => text),
    { vocabularySize: 320 },
  ),
);

interface Change {
  readonly lora?: boolean;
  readonly kl?: number;
  readonly rewardKl?: number;
  readonly refreshReferenceEvery?: number;
  readonly recompute?: boolean;
}

function configOf({ lora = false, recompute = false, ...objective }: Change): TrainConfig {
  return trainConfigSchema.parse({
    model: lora ? { lora: { rank: 2 } } : {},
    agent: { chunkTokens: 64, maxChunks: 2, memoryTokens: 4, answerTokens: 4 },
    objective: { ...objective, groupSize: 2, recallSamples: 1 },
    documentsPerStep: 1,
    sampler: { recomputeLogprobs: recompute },
  });
}

const models: LanguageModel[] = [];
afterAll(async () => {
  for (const model of models) await model.dispose();
});

function tinyModel(lora: boolean, maxPositions = 4096): LanguageModel {
  const configuration = { ...tinyConfiguration, vocabularySize: tokenizer.vocabularySize, intermediateSize: 16, maxPositions };
  const model = createLanguageModel({ configuration, tokenizer, seed: 1, threads: 1, ...(lora && { lora: { rank: 2 } }) });
  models.push(model);
  return model;
}

/** The estimate, and who scored how many conversations for it. */
async function estimate(
  change: Change,
  maxPositions?: number,
): Promise<{ lines: string[]; scored: string[]; bytes: ReturnType<typeof stateBytes> }> {
  const config = configOf(change);
  const model = tinyModel(change.lora ?? false, maxPositions);
  const scored: string[] = [];
  const spied = (name: string, policy: Pick<Learner, 'forward'>): Pick<Learner, 'forward'> => ({
    forward: (batch, options) => {
      scored.push(`${name} ${batch.length} at ${options?.temperature}`);
      return policy.forward(batch, options);
    },
  });
  const learner = Object.create(model, {
    forward: { value: spied('learner', model).forward },
    reference: { value: () => spied('reference', model.reference()) },
    ...Object.fromEntries(
      (['forwardBackward', 'model'] as const).map((name) => [name, { value: (model[name] as () => unknown).bind(model) }]),
    ),
    ...Object.fromEntries((['parameterCount', 'frozenCount', 'lora'] as const).map((name) => [name, { value: model[name] }])),
  }) as LanguageModel;
  const { documents, entitiesOf } = documentsOfUpdate(file, config, tokenizer);
  const made = await estimateTraining(learner, { config, documents: documents(1, 0), reading: readingOf(config, tokenizer), entitiesOf });
  return { lines: describeEstimate(made, config), scored, bytes: made.stateBytes };
}

describe('the estimate of a dry run', () => {
  test('counts weights, gradient and two moments of what is trained, the weights below adapters, and a reference with weights of its own', () => {
    const bytes = (
      change: Change,
      counts = { parameterCount: 1000, frozenCount: change.lora ? 50_000 : 0 },
    ): ReturnType<typeof stateBytes> => stateBytes(counts, configOf(change));
    expect(bytes({})).toEqual({ trained: 16_000, frozen: 0, reference: 0 });
    expect(bytes({ kl: 0.1 })).toEqual({ trained: 16_000, frozen: 0, reference: 4000 });
    expect(bytes({ rewardKl: 0.1 })).toEqual({ trained: 16_000, frozen: 0, reference: 4000 });
    // A reference that takes over the trained weights is loaded from a checkpoint, moments and all.
    expect(bytes({ kl: 0.1, refreshReferenceEvery: 5 })).toEqual({ trained: 16_000, frozen: 0, reference: 16_000 });
    expect(bytes({ lora: true })).toEqual({ trained: 16_000, frozen: 200_000, reference: 0 });
    // With adapters the reference is the model without them.
    expect(bytes({ lora: true, kl: 0.1 })).toEqual({ trained: 16_000, frozen: 200_000, reference: 0 });
  });

  test('says so, and includes the passes that score: the reference policy, with adapters the model without them, and the learner itself', async () => {
    const plain = await estimate({});
    expect(plain.scored).toEqual([]);
    expect(plain.lines.find((line) => line.startsWith('memory:'))).toMatch(
      /^memory: 0\.1 MB of trained weights, gradient and optimizer; \d\.\d\d GB resident/,
    );
    expect(plain.lines.at(-1)).toMatch(
      /^time: at most about [\d.]+ s of rollouts and [\d.]+ s of training an update, [\d.]+ h for 3 updates$/,
    );

    const withReference = await estimate({ kl: 0.1, recompute: true });
    expect(withReference.scored).toHaveLength(2);
    expect(new Set(withReference.scored)).toEqual(new Set([expect.stringMatching(/^learner [1-9]\d* at 1$/)]));
    expect(withReference.lines.at(-1)).toMatch(/s of rollouts, [\d.]+ s of log-probabilities and [\d.]+ s of training an update/);
    expect(withReference.lines.join()).toContain('optimizer, 0.0 MB of a reference policy;');

    const adapted = await estimate({ lora: true, kl: 0.1 });
    expect(adapted.scored).toEqual([expect.stringMatching(/^reference [1-9]\d* at 1$/)]);
    expect(adapted.lines.join()).toContain('optimizer, 0.0 MB of frozen weights;');
    const full = tinyModel(false).parameterCount;
    expect(adapted.bytes.frozen).toBe(4 * full);
    expect(adapted.bytes.trained).toBeLessThan(16 * full);
  });

  test('is none where no reading can be finished, as in the run', async () => {
    await expect(estimate({}, 64)).rejects.toMatchObject({
      code: 'bad-options',
      message: expect.stringContaining('of update 1 was finished'),
    });
  });
});
