import { createServer, type Server } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { presets, type StepRecord } from '@memtrain/grpo';
import { createLanguageModel } from '@memtrain/lm';
import { saveWordTokenizer, wordTokenizer } from '@memtrain/policy';
import { buildRetrieverIndex } from '../src/commands/serve-retriever-index.ts';
import { presetConfig } from '../src/config/preset-config.ts';
import { parseConfig } from '../src/config/parse-config.ts';
import { trainConfigSchema } from '../src/config/train-config.ts';
import { questionReward } from '../src/training/question-reward.ts';
import { trainingSettings } from '../src/training/training-settings.ts';
import { runHere } from './support/run-main.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);
const vocabulary = ['<pad>', '<eos>', 'say', 'yes', 'no', 'maybe'];
const sizes = {
  'model.architecture.vocabularySize': 320,
  'model.architecture.layers': 1,
  'model.architecture.hiddenSize': 16,
  'model.architecture.headSize': 4,
  'model.architecture.intermediateSize': 16,
};
const settings = (values: Readonly<Record<string, string | number | boolean>>): string[] =>
  Object.entries(values).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
const recordsOf = (out: string): StepRecord[] =>
  readFileSync(at(out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StepRecord);

describe('a task of your own, named by module path', () => {
  const task = at('yes-task.mjs');
  const train = (out: string, ...rest: string[]): string[] => [
    'train',
    '--out',
    at(out),
    ...settings({ 'model.folder': at('model'), 'optimizer.learningRate': 0.02, 'agent.temperature': 0.9, steps: 2 }),
    ...rest,
  ];
  beforeAll(async () => {
    const configuration = {
      vocabularySize: vocabulary.length,
      hiddenSize: 16,
      layers: 1,
      heads: 2,
      keyValueHeads: 1,
      headSize: 8,
      intermediateSize: 16,
      ropeTheta: 100,
      normEpsilon: 1e-6,
      tiedEmbeddings: true,
      maxPositions: 16,
      initializerRange: 0.1,
    };
    const model = createLanguageModel({ configuration, tokenizer: wordTokenizer(vocabulary), seed: 1, threads: 1 });
    await model.save(at('model'));
    await saveWordTokenizer(at('model'), vocabulary);
    await model.dispose();
    writeFileSync(
      task,
      `export default async function sayYes({ model, seed, config }) {
         const trajectories = [];
         const requests = Array.from({ length: 8 }, (_, i) => ({ prompt: 'say', seed: seed + i }));
         for await (const { index, text, conversation } of model.complete(requests, { maxTokens: 1, temperature: config.agent.temperature })) {
           const reward = text === 'yes' ? 1 : 0;
           trajectories[index] = { reward, outcome: reward, conversations: [conversation] };
         }
         return { groups: [{ id: 'yes', objective: 'yes', trajectories }], metrics: { asked: trajectories.length } };
       }
       export const stale = async (context) => {
         const { groups } = await sayYes(context);
         return { groups: groups.map((group) => ({ ...group, policyVersion: 0 })) };
       };
       export const limit = 3;\n`,
    );
  });

  test('trains, and is in the record under its own objective; the run goes on where it was', async () => {
    const first = await runHere([...train('own', '--set', `task=${task}`)]);
    expect({ code: first.code, stderr: first.stderr.replace(/^training.*\n/gm, '') }).toEqual({ code: 0, stderr: '' });
    expect(recordsOf('own').map(({ objectives, rollout }) => [Object.keys(objectives), rollout])).toEqual([
      [['yes'], { asked: 8 }],
      [['yes'], { asked: 8 }],
    ]);
    const more = await runHere([...train('own', '--set', `task=${task}`, '--set', 'steps=3', '--resume', '--allow-changes')]);
    expect(more.code).toBe(0);
    expect(recordsOf('own')).toHaveLength(3);
  });

  test('goes on with the same tokenizer and template alone, whatever changes are allowed', async () => {
    const args = [...train('template', '--set', `task=${task}`, '--set', 'steps=1')];
    expect((await runHere(args)).code).toBe(0);
    const file = at('model', 'tokenizer_config.json');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, before.replace('{', '{"chat_template": "{{ messages[0].content }}",'));
    try {
      const { code, stderr } = await runHere([...args, '--resume', '--allow-changes']);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(/modelFiles\.tokenizer_config\.json: "sha256 \w+" -> "sha256 \w+"/),
      });
    } finally {
      writeFileSync(file, before);
    }
    expect((await runHere([...args, '--resume'])).code).toBe(0);
  });

  test('that changed is refused by a resumed run, which names it, unless changes are allowed', async () => {
    const changing = at('changing-task.mjs');
    writeFileSync(changing, readFileSync(task));
    const args = [...train('changing', '--set', `task=${changing}`, '--set', 'steps=1')];
    expect((await runHere(args)).code).toBe(0);
    writeFileSync(changing, readFileSync(task, 'utf8').replace("text === 'yes' ? 1", "text === 'no' ? 1"));
    const { code, stderr } = await runHere([...args, '--resume']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/\(taskFiles\.changing-task\.mjs: "sha256 \w+" -> "sha256 \w+"\)/),
    });
    expect((await runHere([...args, '--resume', '--allow-changes'])).code).toBe(0);
  });

  test('a dry run asks it once', async () => {
    const { code, stdout } = await runHere([...train('dry', '--set', `task=${task}`, '--dry-run')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/an update: 1 groups, 8 conversations, 8 tokens of prompts/);
  });

  test('samples of older weights are refused, unless sampler.maxStaleness allows them', async () => {
    const refused = await runHere([...train('stale', '--set', `task=${task}#stale`)]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('sampled 1 updates ago, more than maxStaleness (0)') });
    const allowed = await runHere([...train('allowed', '--set', `task=${task}#stale`, '--set', 'sampler.maxStaleness=1')]);
    expect(allowed.code).toBe(0);
  });

  test('a module that is not there, or exports no function, is named before anything is written', async () => {
    const missing = await runHere([...train('missing', '--set', `task=${at('nowhere.mjs')}`)]);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringMatching(/the task module .*nowhere\.mjs cannot be loaded/) });
    const number = await runHere([...train('number', '--set', `task=${task}#limit`)]);
    expect(number.stderr).toMatch(/exports no task as limit \(it exports default, limit, stale\)/);
  });
});

describe('questions', () => {
  const passages = at('passages.jsonl');
  const questions = at('questions.jsonl');
  const reading = at('reading.jsonl');
  let server: Server;
  let url = '';
  const asked: unknown[] = [];

  beforeAll(async () => {
    writeFileSync(
      passages,
      ['Rome is old', 'Oslo is cold'].map((text, id) => `${JSON.stringify({ id: `${id}`, contents: `"t"\n${text}` })}\n`).join(''),
    );
    writeFileSync(questions, [1, 2, 3].map((i) => `${JSON.stringify({ question: `What is city ${i}?`, answers: ['Rome'] })}\n`).join(''));
    writeFileSync(
      reading,
      [1, 2]
        .map((i) => `${JSON.stringify({ question: `Who is ${i}?`, answers: ['Anna'], text: `Anna is number ${i}. `.repeat(40) })}\n`)
        .join(''),
    );
    await buildRetrieverIndex(passages, at('index'));
    server = createServer((request, response) => {
      request.on('data', (data: Buffer) => asked.push(JSON.parse(data.toString())));
      request.on('end', () =>
        response.end(JSON.stringify({ result: [[{ document: { id: '1', contents: '"t"\nRome is old' }, score: 1 }]] })),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  const small = settings({
    ...sizes,
    steps: 2,
    documentsPerStep: 2,
    minibatches: 1,
    'objective.groupSize': 2,
    'optimizer.warmup': 0,
    'optimizer.learningRate': 0.001,
  });
  const searching = [...small, ...settings({ 'search.turns': 2, 'search.replyTokens': 4, 'search.resultTokens': 8 })];

  test.each([
    ['mem1', () => at('index')],
    ['search-r1', () => url],
  ])(
    '--preset %s trains an agent that searches, two updates and a dry run',
    async (preset, retriever) => {
      const args = ['train', '--questions', questions, '--preset', preset, '--retriever', retriever(), ...searching];
      const dry = await runHere([...args, '--out', at(`${preset}-dry`), '--dry-run']);
      expect({ code: dry.code, stderr: dry.stderr }).toEqual({ code: 0, stderr: '' });
      expect(dry.stdout).toMatch(/an update: 2 questions, 2 searches for each, 4 together\nconversations an update: at most 8, one a turn/);
      const { code, stdout } = await runHere([...args, '--out', at(preset)]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/3 questions, answers searched for in/);
      const records = recordsOf(preset);
      expect(records).toHaveLength(2);
      for (const { objectives, rollout, samplerMismatch } of records) {
        expect(objectives['QA']).toMatchObject({ groups: 2, trajectories: 4 });
        expect(rollout).toMatchObject({ searches: 4, leakRate: 0 });
        expect(samplerMismatch?.mean ?? 0).toBeLessThan(1e-4);
      }
      const again = await runHere([...args, '--out', at(preset), '--resume', '--set', 'steps=3', '--allow-changes']);
      expect(again.code).toBe(0);
      expect(recordsOf(preset)).toHaveLength(3);
    },
    60_000,
  );

  test('a reward of your own sees a search: its states in the place of memories, and no chunks', async () => {
    const file = at('turns-reward.mjs');
    writeFileSync(
      file,
      'export default ({ memories, item, gold }) => ({ reward: memories.length, metrics: { turns: memories.length, chunks: item.chunks.length, gold: gold.length } });\n',
    );
    const own = settings({ 'objective.reward': file, 'objective.filter': 'variance', steps: 1 });
    const args = ['train', '--questions', questions, '--preset', 'search-r1', '--retriever', url, ...searching, ...own];
    expect((await runHere([...args, '--out', at('rewarded')])).code).toBe(0);
    const [record] = recordsOf('rewarded');
    const { custom } = record!.rollout as unknown as { custom: { turns: number; chunks: number; gold: number } };
    expect(custom).toMatchObject({ chunks: 0, gold: 1 });
    expect(record!.objectives['QA']!.reward).toBeCloseTo(custom.turns, 9);
    expect(record!.objectives['QA']!.outcome).toBe(0);
  });

  test('a corpus that is another one is refused by a resumed run', async () => {
    const args = ['train', '--questions', questions, '--preset', 'mem1', ...searching, '--out', at('mem1'), '--resume', '--retriever', url];
    expect(await runHere(args)).toMatchObject({ code: 1, stderr: expect.stringContaining('retriever:') });
  });

  test('--preset memagent trains an agent that reads a text for each question', async () => {
    const budgets = settings({ 'agent.chunkTokens': 64, 'agent.memoryTokens': 8, 'agent.answerTokens': 4, 'agent.maxChunks': 3 });
    const args = ['train', '--questions', reading, '--preset', 'memagent-after-memtrain', ...small, ...budgets, '--out', at('reader')];
    const dry = await runHere([...args, '--dry-run']);
    expect(dry.stdout).toMatch(/conversations an update: \d+ of readings, 0 of recalls/);
    const { code, stdout } = await runHere(args);
    expect(code).toBe(0);
    expect(stdout).toContain('2 documents were longer than 3 chunks of 64 tokens: a part of each was read');
    for (const { objectives, rollout } of recordsOf('reader')) {
      expect(Object.keys(objectives)).toEqual(['QA']);
      expect(rollout).toMatchObject({ readings: 4, recallAnswers: 0 });
    }
  }, 60_000);

  test('without a text to read, or a file, are named', async () => {
    const bare = await runHere(['train', '--questions', questions, '--preset', 'memagent', ...small, '--out', at('bare')]);
    expect(bare).toMatchObject({ code: 1, stderr: expect.stringMatching(/questions\.jsonl: the question 1 has no text to read/) });
    const none = await runHere(['train', '--questions', at('none.jsonl'), '--out', at('bare')]);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('no questions file at') });
  });
});

test.each(['memtrain', 'end-to-end', 'decoupled', 'memagent', 'memagent-after-memtrain', 'mem1', 'mem1AfterMemtrain', 'search-r1'])(
  'the preset %s is a configuration',
  (name) => {
    const config = parseConfig(trainConfigSchema, presetConfig(name), name);
    expect(config.search !== undefined).toBe(['mem1', 'mem1AfterMemtrain', 'search-r1'].includes(name));
  },
);

test.each(Object.entries(presets))('every value of the preset %s arrives at what trains and samples', (name, preset) => {
  const config = parseConfig(trainConfigSchema, presetConfig(name), name);
  const { loss, schedule, adam, train } = trainingSettings(config);
  const { temperature, ...published } = preset.train.loss;
  expect({ ...loss, schedule }).toMatchObject({ ...published, schedule: preset.train.schedule });
  expect(loss.dualClip).toBe(published.dualClip);
  expect(adam).toMatchObject(preset.train.adam);
  const { advantage, filter, aggregation, innerSteps, minibatches } = preset.train;
  expect(train).toMatchObject({ advantage, filter, aggregation, innerSteps, minibatches, rewardKl: 0 });
  const { tasks, trajectories, recallSamples, lambda } = preset.rollout;
  expect([config.steps, config.documentsPerStep, config.agent.temperature]).toEqual([preset.steps, tasks, temperature]);
  expect(config.objective).toMatchObject({ groupSize: trajectories, recallSamples, lambda });
  expect(config.search).toEqual(preset.searching);
  // The template's tokens are counted when texts are cut.
  const { instructionTokens: _, ...budgets } = preset.reading ?? { instructionTokens: 0 };
  expect(config.agent).toMatchObject(budgets);
});

test('an answer is worth exact match, the number of right ones of several questions, or that all are named', () => {
  expect(questionReward('the Rome', { kind: 'any', answers: ['Oslo', 'Rome'] })).toBe(1);
  expect(questionReward(undefined, { kind: 'any', answers: ['Rome'] })).toBe(0);
  expect(questionReward('Rome; Bonn; x', { kind: 'each', answers: [['Rome'], ['Oslo'], ['x', 'y']] })).toBe(2);
  expect(questionReward('it is Rome and Oslo', { kind: 'all', answers: ['Oslo', 'Rome'] })).toBe(1);
  expect(questionReward('it is Rome', { kind: 'all', answers: ['Oslo', 'Rome'] })).toBe(0);
});
