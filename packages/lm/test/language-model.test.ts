import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Completion, Conversation, Datum, Failure, Indexed, Loss, Request } from '@memtrain/policy';
import { createLanguageModel, loadLanguageModel, type LanguageModel } from '../src/index.ts';
import { tiny, tinyModel, words } from './tiny-model.ts';

const models: LanguageModel[] = [];
const open = (model: LanguageModel): LanguageModel => {
  models.push(model);
  return model;
};
afterAll(async () => {
  for (const model of models) await model.dispose();
});

const requests: Request[] = [
  { prompt: 'w1 w2 w3 w4 w5 w6 w7 w8 w9', seed: 1 },
  { prompt: 'w1 w2 w3', seed: 2 },
  { prompt: 'w1 w2 w3', seed: 3 },
  { prompt: Int32Array.of(4), seed: 4, maxTokens: 3 },
];

async function complete(model: LanguageModel, batch: readonly Request[], temperature = 1): Promise<Indexed<Completion | Failure>[]> {
  const results: Indexed<Completion | Failure>[] = [];
  for await (const result of (await model.model()).complete(batch, { maxTokens: 8, temperature })) results.push(result);
  return results.sort((a, b) => a.index - b.index);
}

async function conversations(model: LanguageModel, batch: readonly Request[], temperature = 1): Promise<Conversation[]> {
  return (await complete(model, batch, temperature)).map((result) => (result as Completion).conversation!);
}

const policyLoss: Loss = { kind: 'policyGradient', clipLow: 0.2, clipHigh: 0.28, kl: 0.1 };

function data(batch: readonly Conversation[]): Datum[] {
  return batch.map((conversation, i) => ({
    ...conversation,
    // Old log-probabilities away from the current ones, so that some ratios are clipped.
    logprobs: conversation.logprobs.map((logprob, t) => logprob + 0.3 * Math.sin(i + t)),
    reference: conversation.logprobs.map((logprob, t) => logprob + 0.2 * Math.cos(i + t)),
    advantage: i % 2 ? -0.7 : 1.1,
    weight: 1 / batch.length,
  }));
}

describe('generation', () => {
  test('log-probabilities of the cached decode equal those of a whole forward pass', async () => {
    const model = open(tinyModel());
    for (const temperature of [1, 0.5]) {
      const sampled = await conversations(model, requests, temperature);
      const scored = await model.forward(sampled, { temperature });
      for (const [i, conversation] of sampled.entries()) {
        for (const [t, logprob] of conversation.logprobs.entries()) expect(scored[i]![t]).toBeCloseTo(logprob, 4);
      }
    }
  });

  test('a completion depends on its seed and prompt, not on the batch', async () => {
    const model = open(tinyModel());
    const together = await conversations(model, requests);
    for (const [i, request] of requests.entries()) {
      const [alone] = await conversations(model, [request]);
      expect([...alone!.completion]).toEqual([...together[i]!.completion]);
    }
    expect([...together[1]!.completion]).not.toEqual([...together[2]!.completion]);
  });

  test('ends at the end token or at the budget, and says which', async () => {
    const model = open(tinyModel());
    const many = Array.from({ length: 60 }, (_, seed): Request => ({ prompt: 'w1 w2', seed }));
    const sampled = await conversations(model, many);
    for (const { completion, finish } of sampled) {
      expect(finish).toBe(completion[completion.length - 1] === 1 ? 'stop' : 'length');
      if (finish === 'length') expect(completion.length).toBe(8);
      expect([...completion.subarray(0, -1)]).not.toContain(1);
    }
    expect(new Set(sampled.map(({ finish }) => finish))).toEqual(new Set(['stop', 'length']));
  });

  test('a request that does not fit or cannot be encoded is a failure of its own', async () => {
    const model = open(tinyModel());
    const long = { prompt: new Int32Array(60).fill(3), seed: 1 };
    const results = await complete(model, [long, requests[1]!, { prompt: 'unknown words', seed: 1 }]);
    expect((results[0] as Failure).error.message).toMatch(/request 0: 60 prompt \+ 8 completion tokens do not fit/);
    expect((results[1] as Completion).text.length).toBeGreaterThan(0);
    expect((results[2] as Failure).error.message).toMatch(/"unknown" is not in the vocabulary/);
  });
});

describe('training', () => {
  test('the gradient is the derivative of the loss', async () => {
    const model = open(tinyModel());
    const batch = data(await conversations(model, requests));
    const loss = async (): Promise<number> => (await model.forwardBackward(batch, policyLoss)).loss;
    await model.optimStep({ learningRate: 0 });
    await loss();
    const gradients = new Map([...model.gradients()].map(([name, { data: values }]) => [name, values.slice()]));
    for (const name of [
      'model.embed_tokens.weight',
      'model.layers.0.self_attn.k_proj.weight',
      'model.layers.1.self_attn.q_norm.weight',
      'model.layers.1.mlp.down_proj.weight',
      'lm_head.weight',
    ]) {
      const weights = model.parameters().get(name)!.data;
      const gradient = gradients.get(name)!;
      const place = gradient.reduce((best, value, i) => (Math.abs(value) > Math.abs(gradient[best]!) ? i : best), 0);
      const kept = weights[place]!;
      const h = 3e-3;
      weights[place] = kept + h;
      const above = await loss();
      weights[place] = kept - h;
      const below = await loss();
      weights[place] = kept;
      expect(Math.abs((above - below) / (2 * h) / gradient[place]! - 1)).toBeLessThan(0.02);
    }
  });

  test('gradients of split batches add up to that of the whole', async () => {
    const model = open(tinyModel());
    const batch = data(await conversations(model, requests));
    await model.forwardBackward(batch, policyLoss);
    const whole = [...model.gradients().values()].map(({ data: values }) => values.slice());
    await model.optimStep({ learningRate: 0 });
    for (const datum of batch) await model.forwardBackward([datum], policyLoss);
    const sum = [...model.gradients().values()];
    for (const [i, values] of whole.entries()) for (const [j, value] of values.entries()) expect(sum[i]!.data[j]).toBeCloseTo(value, 5);
  });

  test('loss and clip count are those of the formula', async () => {
    const model = open(tinyModel());
    const batch = data(await conversations(model, requests));
    const current = await model.forward(batch);
    let expected = 0;
    let clipped = 0;
    for (const [i, datum] of batch.entries()) {
      for (const [t, logprob] of current[i]!.entries()) {
        const ratio = Math.exp(logprob - datum.logprobs[t]!);
        const advantage = datum.advantage as number;
        const bounded = Math.min(1.28, Math.max(0.8, ratio));
        const behind = datum.reference![t]! - logprob;
        expected -= (datum.weight as number) * (Math.min(ratio * advantage, bounded * advantage) - 0.1 * (Math.exp(behind) - behind - 1));
        if (bounded * advantage < ratio * advantage) clipped++;
      }
    }
    const metrics = await model.forwardBackward(batch, policyLoss);
    expect(metrics.loss).toBeCloseTo(expected, 4);
    expect(metrics.clipped).toBe(clipped);
    expect(clipped).toBeGreaterThan(0);
  });

  test('cross-entropy steps make a sequence likely', async () => {
    const model = open(tinyModel({ tiedEmbeddings: true }));
    const target: Datum = {
      prompt: words.encode('w1 w2'),
      completion: words.encode('w3 w4 <eos>'),
      logprobs: new Float32Array(3),
      finish: 'stop',
      advantage: 0,
      weight: 1,
    };
    let loss = 0;
    for (let step = 0; step < 30; step++) {
      loss = (await model.forwardBackward([target], { kind: 'crossEntropy' })).loss;
      await model.optimStep({ learningRate: 0.02, clipNorm: 1 });
    }
    expect(loss).toBeLessThan(0.1);
    const [said] = await conversations(model, [{ prompt: 'w1 w2', seed: 1 }], 0);
    expect(words.decode(said!.completion)).toBe('w3 w4');
  });

  test('a loss that is not finite is refused before it touches the gradient', async () => {
    const model = open(tinyModel());
    const batch = data(await conversations(model, requests)).map((datum) => ({ ...datum, advantage: Number.NaN }));
    await expect(model.forwardBackward(batch, policyLoss)).rejects.toThrow('the loss is NaN');
    expect([...model.gradients().values()].every(({ data: values }) => values.every((value) => value === 0))).toBe(true);
  });
});

describe('save and load', () => {
  test('training goes on bit for bit after a load', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lm-'));
    const model = open(tinyModel());
    const batch = data(await conversations(model, requests));
    const step = async (trained: LanguageModel): Promise<void> => {
      await trained.forwardBackward(batch, policyLoss);
      await trained.optimStep({ learningRate: 1e-2, weightDecay: 0.1 });
    };
    await step(model);
    await step(model);
    await model.save(join(folder, 'two'));
    await step(model);
    const resumed = open(await loadLanguageModel(join(folder, 'two'), { tokenizer: words, threads: 1 }));
    await step(resumed);
    for (const [name, { data: values }] of model.parameters()) {
      expect(Buffer.compare(Buffer.from(values), Buffer.from(resumed.parameters().get(name)!.data))).toBe(0);
    }
  });

  test('a missing tensor, another shape and another model are named', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lm-'));
    const model = open(tinyModel());
    await model.save(join(folder, 'model'));
    await expect(loadLanguageModel(join(folder, 'nothing'), { tokenizer: words })).rejects.toThrow(
      /nothing.config\.json.*holds config\.json/s,
    );
    await expect(open(tinyModel({ layers: 1 })).load(join(folder, 'model'))).rejects.toThrow('layers is 2 there, but 1 in this model');
  });

  test('a vocabulary that cannot hold the tokenizer is refused', () => {
    expect(() => createLanguageModel({ configuration: { ...tiny, vocabularySize: 8 }, tokenizer: words, seed: 1 })).toThrow(
      'the tokenizer has 24 tokens',
    );
  });
});
