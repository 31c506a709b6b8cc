import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { train, type Rollout, type RolloutContext, type StepRecord } from '@memtrain/grpo';
import { createLanguageModel, type LanguageModel } from '@memtrain/lm';
import { randomFromSeed, wordTokenizer, type Model, type RolloutTrajectory } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';
import { serveModel } from '../../src/serve/serve-model.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { tinyConfiguration } from '../support/tiny-configuration.ts';

const root = temporaryFolder();
const tokenizer = wordTokenizer(['<pad>', '<eos>', ...Array.from({ length: 10 }, (_, i) => `w${i}`)]);

/** Two groups of four answers, paid by the share of even tokens. */
async function rollout({ model, seed }: RolloutContext): Promise<Rollout> {
  const random = randomFromSeed(seed);
  const requests = Array.from({ length: 8 }, (_, i) => ({ prompt: Int32Array.of(2, 3 + (i % 2)), seed: random.integer(2 ** 31) }));
  const groups = ['a', 'b'].map((id) => ({ id, objective: 'E', trajectories: [] as RolloutTrajectory[] }));
  for await (const result of model.complete(requests, { maxTokens: 6, temperature: 0.8 })) {
    if (!('conversation' in result) || !result.conversation) throw new Error('no conversation', { cause: result });
    const { completion } = result.conversation;
    const reward = completion.filter((token) => token % 2 === 0).length / completion.length;
    groups[result.index % 2]!.trajectories[Math.floor(result.index / 2)] = {
      reward,
      outcome: reward,
      conversations: [result.conversation],
    };
  }
  return { groups };
}

/** What a run of three steps leaves, sampled from what `sampler` makes of the learner's own model. */
async function run(name: string, sampler: (own: Model) => Model | Promise<Model>): Promise<{ metrics: string; weights: string }> {
  const configuration = { ...tinyConfiguration, vocabularySize: 12, maxPositions: 32, initializerRange: 0.3 };
  const learner: LanguageModel = createLanguageModel({ configuration, tokenizer, seed: 4, threads: 1 });
  const model = await sampler(await learner.model());
  learner.model = async () => model;
  const folder = join(root, name);
  try {
    await train({
      learner,
      rollout,
      folder,
      steps: 3,
      seed: 2,
      loss: { clipLow: 0.2, clipHigh: 0.28, kl: 0, temperature: 0.8 },
      schedule: { kind: 'constant', peak: 0.02 },
    });
  } finally {
    await learner.dispose();
  }
  return {
    metrics: readFileSync(join(folder, 'metrics.jsonl'), 'utf8'),
    weights: readFileSync(join(folder, 'checkpoints', 'step-000003', 'learner', 'model.safetensors')).toString('hex'),
  };
}

/** One request at a time: how requests fall into batches may change the last bit of a log-probability. */
const oneByOne = (own: Model): Model => ({
  async *complete(requests, options) {
    for (const [index, request] of requests.entries())
      for await (const result of own.complete([request], options)) yield { ...result, index };
  },
});

/** Passes requests on, but answers every third one with a status that is worth another try, or breaks the connection. */
async function unreliable(url: string): Promise<{ url: string; faults: number[]; close: () => void }> {
  const faults: number[] = [];
  let calls = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (++calls % 3 === 0) {
        const status = [429, 408, 503, 0, 500][faults.length % 5]!;
        faults.push(status);
        if (status === 0) request.socket.destroy();
        else response.writeHead(status, { 'retry-after-ms': '1' }).end('{"error": {"message": "busy"}}');
        return;
      }
      void fetch(new URL(request.url!, url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: Buffer.concat(parts),
      })
        .then(async (answer) => response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text()))
        .catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, faults, close };
}

describe('a run whose samples come over HTTP', () => {
  test('is, to the bit, the run without a server, also when every third request fails: metrics and weights', async () => {
    const direct = await run('direct', oneByOne);
    const records = direct.metrics
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as StepRecord);
    expect(records.map(({ skipped }) => skipped)).toEqual([false, false, false]);

    const closing: (() => unknown)[] = [];
    const faults: number[] = [];
    try {
      const served = async (own: Model, through?: typeof unreliable): Promise<Model> => {
        const server = await serveModel(own, { name: 'tiny', now: () => 0 });
        closing.push(() => server.close());
        const proxy = await through?.(server.url);
        if (proxy) closing.push(proxy.close, () => faults.push(...proxy.faults));
        return openAiModel({ baseUrl: proxy?.url ?? server.url, model: 'tiny', server: 'memtrain', tokenizer, concurrency: 1 });
      };
      expect(await run('served', (own) => served(own))).toEqual(direct);
      expect(await run('unreliable', (own) => served(own, unreliable))).toEqual(direct);
    } finally {
      for (const close of closing) await close();
    }
    expect(new Set(faults)).toEqual(new Set([429, 408, 503, 0, 500]));
  });
});
