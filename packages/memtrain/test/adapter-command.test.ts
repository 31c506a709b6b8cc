import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLanguageModel, loadLanguageModel, readSafetensors } from '@memtrain/lm';
import type { LanguageModel } from '@memtrain/lm';
import { huggingFaceTokenizer } from '@memtrain/policy';
import OpenAI from 'openai';
import { runServeModel } from '../src/commands/run-serve-model.ts';
import { shippedBackbone } from '../src/miniature/local-engine.ts';
import { learnTokenizer } from '../src/model/learn-tokenizer.ts';
import { commandContext } from './support/command-context.ts';
import { writeDocuments } from './support/documents.ts';
import { runHere } from './support/run-main.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { tinyConfiguration } from './support/tiny-configuration.ts';

const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);
const model = at('base');
const adapter = at('adapter');
const documents = at('documents.jsonl');
const text = at('text.txt');
const scoreIn = at('score.jsonl');
let adapted: LanguageModel;

beforeAll(async () => {
  writeDocuments(documents, 2);
  const sentence = 'Alba Roth moved to Lisbon.';
  writeFileSync(text, `${sentence} `.repeat(12));
  writeFileSync(scoreIn, [{ text: sentence }, { tokens: [5, 6, 7, 8] }].map((line) => `${JSON.stringify(line)}\n`).join(''));
  const files = learnTokenizer([sentence], { vocabularySize: 300 });
  const tokenizer = huggingFaceTokenizer(files);
  const configuration = { ...tinyConfiguration, vocabularySize: tokenizer.vocabularySize, initializerRange: 0.2 };
  const made = createLanguageModel({ configuration, tokenizer, seed: 1, threads: 1 });
  const toFiles = new Map([
    ['tokenizer.json', Buffer.from(JSON.stringify(files.tokenizer))],
    ['tokenizer_config.json', Buffer.from(JSON.stringify(files.config))],
  ]);
  await made.exportModel(model, { files: toFiles });
  await made.dispose();
  const trained = await loadLanguageModel(model, { threads: 1, lora: { rank: 2, alpha: 8, seed: 3 } });
  const completion = Int32Array.of(9, 10, 11, 12);
  for (let step = 0; step < 3; step++) {
    const datum = { prompt: Int32Array.of(5), completion, logprobs: new Float32Array(4), finish: 'stop', advantage: 0, weight: 1 } as const;
    await trained.forwardBackward([datum], { kind: 'crossEntropy' });
    await trained.optimStep({ learningRate: 0.1 });
  }
  await trained.save(adapter);
  await trained.dispose();
  adapted = await loadLanguageModel(model, { threads: 1, adapter });
});
afterAll(async () => adapted.dispose());

/** Runs a command that must succeed; returns what it printed. */
async function run(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(args);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

let count = 0;
const lines = <T>(path: string): T[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

async function scores(...args: string[]): Promise<number[]> {
  const out = at(`scores-${count++}.jsonl`);
  await run('score', '--in', scoreIn, '--out', out, ...args);
  return lines<{ logprobs: number[] }>(out).flatMap(({ logprobs }) => logprobs);
}

function expectClose(values: readonly number[], wanted: readonly number[], tolerance: number): void {
  expect(values).toHaveLength(wanted.length);
  for (const [i, value] of values.entries()) expect(Math.abs(value - wanted[i]!)).toBeLessThan(tolerance);
}

const distance = (a: readonly number[], b: readonly number[]): number => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

describe('--adapter', () => {
  test('score gives the log-probabilities of the model with the adapters', async () => {
    const scored = await scores('--model', model, '--adapter', adapter);
    const ids = [adapted.tokenizer.encode('Alba Roth moved to Lisbon.'), Int32Array.of(5, 6, 7, 8)];
    const wanted = await adapted.forward(
      ids.map((each) => ({
        prompt: each.subarray(0, 1),
        completion: each.subarray(1),
        logprobs: new Float32Array(each.length - 1),
        finish: 'stop',
      })),
    );
    expectClose(
      scored,
      wanted.flatMap((each) => [...each]),
      1e-4,
    );
    expect(distance(scored, await scores('--model', model))).toBeGreaterThan(0.1);
  });

  test('generate and serve-model say what it says', async () => {
    const input = at('prompts.jsonl');
    writeFileSync(input, `${JSON.stringify({ text: 'Alba' })}\n`);
    const said: string[] = [];
    for await (const result of (await adapted.model()).complete([{ prompt: adapted.tokenizer.encode('Alba'), seed: 0 }], {
      maxTokens: 8,
      temperature: 0,
    })) {
      if ('text' in result) said.push(result.text);
    }
    const greedy = ['--max-new-tokens', '8', '--temperature', '0', '--in', input];
    const generate = async (...more: string[]): Promise<string> => {
      const out = at(`said-${count++}.jsonl`);
      await run('generate', '--model', model, ...greedy, '--out', out, ...more);
      return lines<{ text: string }>(out)[0]!.text;
    };
    expect(await generate('--adapter', adapter)).toBe(said[0]);
    expect(await generate()).not.toBe(said[0]);

    const controller = new AbortController();
    let reply = '';
    const context = {
      ...commandContext(controller.signal),
      print: (line: string): void => {
        const baseURL = /http:\S+\/v1/.exec(line)![0];
        const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
        void client.completions
          .create({ model: 'base', prompt: 'Alba', max_tokens: 8, temperature: 0 })
          .then((answer) => (reply = answer.choices[0]!.text))
          .finally(() => controller.abort());
      },
    };
    await runServeModel({ model, adapter, host: '127.0.0.1', port: 0 }, context);
    expect(reply).toBe(said[0]);
  });

  test('eval and read use it, and a benchmark names it', async () => {
    const small = [
      '--set',
      'agent.chunkTokens=60',
      '--set',
      'agent.maxChunks=2',
      '--set',
      'agent.memoryTokens=4',
      '--set',
      'agent.answerTokens=4',
    ];
    const out = at('eval.json');
    const evaluate = ['eval', '--model', model, '--adapter', adapter];
    expect(await run(...evaluate, '--documents', documents, '--count', '1', ...small, '--out', out)).toMatch(/^masked entities: /);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ model, adapter });

    const reader = ['read', '--file', text, '--question', 'Who?', '--model-folder', model, '--temperature', '0'];
    const limits = ['--chunk-tokens', '60', '--memory-tokens', '6', '--answer-tokens', '6'];
    expect(await run(...reader, ...limits, '--adapter', adapter)).not.toBe(await run(...reader, ...limits));

    const questions = at('own.jsonl');
    writeFileSync(questions, `${JSON.stringify({ id: 'q', question: 'Who?', text: 'Alba Roth moved to Lisbon.', answers: ['Alba'] })}\n`);
    const benchmark = ['--benchmark', 'own', '--data', questions, '--yes', ...limits];
    const identities: unknown[] = [];
    for (const more of [[], ['--adapter', adapter]]) {
      const folder = at(`benchmark-${count++}`);
      await run('eval', '--model', model, ...more, ...benchmark, '--out', folder);
      identities.push((JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as { model: unknown }).model);
    }
    const revision = expect.stringMatching(/^sha256:/);
    expect(identities).toEqual([
      { name: 'base', revision },
      { name: 'base+adapter', revision },
    ]);
    expect(identities[0]).not.toMatchObject({ revision: (identities[1] as { revision: string }).revision });
  });

  test.each<[string, string[], number, string]>([
    [
      'a folder without adapters',
      ['score', '--model', model, '--adapter', root],
      1,
      'has no adapter_config.json: give a folder of adapters',
    ],
    ['adapters in the place of the model', ['score', '--model', adapter], 1, 'holds adapters, not a model: give the folder of their model'],
    [
      'adapters of another model, in the synthetic world too',
      ['eval', '--world', '0', '--model', shippedBackbone(), '--adapter', adapter],
      1,
      'adapter_model.safetensors: tensor base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight has shape [2,16]',
    ],
    [
      'adapters of a model at an endpoint',
      ['read', '--file', text, '--question', 'q', '--base-url', 'http://127.0.0.1:1/v1', '--model', 'x', '--adapter', adapter],
      2,
      '--adapter goes with --model-folder',
    ],
    [
      'adapters of an evaluated model at an endpoint',
      ['eval', '--model', 'x', '--base-url', 'http://127.0.0.1:1/v1', '--benchmark', 'own', '--data', text, '--adapter', adapter],
      2,
      '--adapter goes with a model folder',
    ],
  ])('%s is refused', async (_name, args, code, message) => {
    const files = args[0] === 'score' ? ['--in', scoreIn, '--out', at('none.jsonl')] : [];
    expect(await runHere([...args, ...files])).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) });
    expect(existsSync(at('none.jsonl'))).toBe(false);
  });
});

describe('memtrain export', () => {
  test('merges adapters into a folder that needs none, exactly in F32 and rounded in BF16, in shards', async () => {
    const merged = at('merged');
    expect(await run('export', '--model', model, '--adapter', adapter, '--out', merged)).toMatch(
      /^\d+ weights as F32, adapters merged in .*merged\n$/,
    );
    expect(readdirSync(merged).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']);
    const wanted = await scores('--model', model, '--adapter', adapter);
    expectClose(await scores('--model', merged), wanted, 1e-4);

    const small = at('small');
    await run('export', '--model', merged, '--out', small, '--dtype', 'BF16', '--max-shard-size', '0.01MB');
    expect(readdirSync(small)).toContain('model.safetensors.index.json');
    const rounded = await scores('--model', small);
    expect(distance(rounded, wanted)).toBeLessThan(0.1);
    expect(distance(rounded, wanted)).toBeGreaterThan(0);
  });

  test.each([
    ['weights', []],
    ['adapters', ['--set', 'model.lora.rank=2']],
  ])('of a run that trained %s is its last model with the tokenizer that it learnt', async (name, more) => {
    const trained = at(`run-${name}`);
    const sizes = ['agent.chunkTokens=64', 'agent.maxChunks=2', 'agent.memoryTokens=4', 'agent.answerTokens=4', 'steps=1'];
    const shape = ['model.architecture.vocabularySize=320', 'model.architecture.hiddenSize=16', 'model.architecture.layers=1'];
    const set = [...sizes, ...shape, 'objective.filter=none', 'documentsPerStep=1'].flatMap((assignment) => ['--set', assignment]);
    await run('train', '--documents', documents, '--out', trained, ...set, ...more);
    const out = at(`exported-${name}`);
    await run('export', '--model', trained, '--out', out);
    expect(readdirSync(out).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']);
    expectClose(await scores('--model', out), await scores('--model', trained), 1e-4);
    if (name === 'weights') {
      const checkpoint = join(trained, 'checkpoints', 'step-000001', 'learner', 'model.safetensors');
      expect((await readSafetensors(join(out, 'model.safetensors'))).tensors).toEqual((await readSafetensors(checkpoint)).tensors);
      return;
    }
    const refused = await runHere(['export', '--model', trained, '--adapter', adapter, '--out', at('twice')]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('trained adapters of its own: leave --adapter out') });
    expect(existsSync(at('twice'))).toBe(false);
  });

  test('refuses a folder that is there, a size that is none, and an unknown format', async () => {
    const args = ['export', '--model', model, '--out'];
    expect(await runHere([...args, adapter])).toMatchObject({ code: 1, stderr: expect.stringContaining('exists: choose a new folder') });
    for (const size of ['five', '0', '-1', '5TB']) {
      expect(await runHere([...args, at('new'), `--max-shard-size=${size}`])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('KB, MB or GB'),
      });
    }
    expect(await runHere([...args, at('new'), '--dtype', 'F64'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('F32, BF16, F16'),
    });
    expect(existsSync(at('new'))).toBe(false);
  });
});
