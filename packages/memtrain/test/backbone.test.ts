import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createWorld } from '@memtrain/corpus';
import { loadTokenizer } from '@memtrain/policy';
import { shippedBackbone } from '../src/miniature/local-engine.ts';
import { backboneRecipe, makeBackbone } from '../src/miniature/make-backbone.ts';
import type { BackboneRecord } from '../src/miniature/make-backbone.ts';
import { createProgress } from '../src/progress/progress.ts';

const record = JSON.parse(readFileSync(join(shippedBackbone(), 'recipe.json'), 'utf8')) as BackboneRecord;
const progress = createProgress({ write: () => undefined });

describe('the shipped backbone', () => {
  test('is the file that its record was written for, made by the present recipe', () => {
    const bytes = readFileSync(join(shippedBackbone(), 'model.safetensors'));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(record.weights);
    expect(record.recipe).toEqual(backboneRecipe);
    expect(bytes.length).toBeLessThan(2_000_000);
    expect(record.log[record.log.length - 1]!.step).toBe(backboneRecipe.steps);
  });

  test('has the words of its world as a Hugging Face tokenizer', async () => {
    const { vocabulary } = createWorld(record.worldSeed);
    const tokenizer = await loadTokenizer(shippedBackbone());
    expect(tokenizer.vocabularySize).toBe(vocabulary.length);
    expect([...tokenizer.encode(vocabulary.slice(2).join(' '))]).toEqual(vocabulary.slice(2).map((_, i) => i + 2));
  });

  test('begins as the command begins today: losses and gradient norms of the first steps', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'backbone-'));
    const options = { folder: join(folder, 'made/'), seed: record.seed, worldSeed: record.worldSeed, progress, steps: 3 };
    const made = await makeBackbone({ ...options, signal: new AbortController().signal });
    expect(made.log).toHaveLength(3);
    for (const [i, step] of made.log.entries()) {
      const shipped = record.log[i]!;
      expect(step.tokens).toBe(shipped.tokens);
      expect(step.learningRate).toBe(shipped.learningRate);
      // Another processor may round otherwise; another recipe would differ at once.
      expect(Math.abs(step.gradientNorm / shipped.gradientNorm - 1)).toBeLessThan(1e-3);
      for (const [kind, loss] of Object.entries(step.loss)) {
        expect(Math.abs(loss / shipped.loss[kind as keyof typeof step.loss] - 1)).toBeLessThan(1e-4);
      }
    }
    expect(await readdir(folder)).toEqual(['made']);
    expect((await readdir(options.folder)).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'recipe.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
  });

  test('an aborted making leaves nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'backbone-'));
    const options = { folder: join(folder, 'made'), seed: 0, worldSeed: 0, progress, steps: 3, signal: AbortSignal.abort() };
    await expect(makeBackbone(options)).rejects.toThrow('was not finished');
    expect(await readdir(folder)).toEqual([]);
  });
});
