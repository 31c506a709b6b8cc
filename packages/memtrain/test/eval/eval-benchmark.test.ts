import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EvaluationResult } from '@memtrain/benchmarks';
import { createLanguageModel } from '@memtrain/lm';
import { huggingFaceTokenizer } from '@memtrain/policy';
import { learnTokenizer } from '../../src/model/learn-tokenizer.ts';
import { answeringServer } from '../support/answering-server.ts';
import { runHere, runMain } from '../support/run-main.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { tinyConfiguration } from '../support/tiny-configuration.ts';
import { until } from '../support/until.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const data = at('own.jsonl');
const count = 6;
const rows = Array.from({ length: count }, (_, index) => ({
  id: `q${index}`,
  question: `Who keeps lighthouse <${index}>?`,
  answers: [`Keeper${index}`],
  text: `${'The sea was calm and grey. '.repeat(60)}Lighthouse <${index}> is kept by Keeper${index}. ${'Gulls cried. '.repeat(60)}`,
  evidence: [`Lighthouse <${index}> is kept by Keeper${index}.`],
}));
const update = (prompt: string): boolean => prompt.endsWith('Updated memory:\n');
const number = (prompt: string): string => /keeps lighthouse <(\d+)>/.exec(prompt)![1]!;
const oracle = (prompt: string): string => (update(prompt) ? 'noted' : `\\boxed{Keeper${number(prompt)}}`);

let servers: Record<'oracle' | 'empty' | 'either' | 'reader', Awaited<ReturnType<typeof answeringServer>>>;
beforeAll(async () => {
  writeFileSync(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  servers = {
    oracle: await answeringServer(oracle),
    empty: await answeringServer(() => ''),
    either: await answeringServer((prompt) => (update(prompt) ? '' : `\\boxed{Keeper${number(prompt)} or Keeper77}`)),
    // Reads for itself: the memory is what was found, and the answer comes out of it.
    reader: await answeringServer((prompt) => {
      const found = new RegExp(`Lighthouse <${number(prompt)}> is kept by (\\w+)`).exec(prompt)?.[0] ?? '';
      return update(prompt) ? found : `\\boxed{${/by (\w+)/.exec(found)?.[1] ?? ''}}`;
    }),
  };
});
afterAll(() => Object.values(servers).forEach((server) => server.close()));

const benchmarkArgs = ['eval', '--benchmark', 'own', '--data', data, '--chunk-tokens', '150', '--yes'];
const endpoint = (name: keyof typeof servers): string[] => ['--model', name, '--base-url', servers[name].url];
const result = (out: string): EvaluationResult => JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as EvaluationResult;

describe('memtrain eval --benchmark', () => {
  test('gives a model that knows everything 100 %, through a server, with all controls', async () => {
    const { code, stdout, stderr } = await runHere([...benchmarkArgs, ...endpoint('oracle'), '--controls', 'all', '--out', at('oracle')]);
    expect(stderr).not.toContain('memtrain:');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\| sum +\|/);
    for (const arm of ['memory', 'closed-book', 'empty-memory', 'truncated', 'oracle']) {
      expect(stdout).toMatch(new RegExp(`\\| ${arm} +\\| all +\\| 6 +(\\| 100\\.0 \\(100\\.0-100\\.0\\) +){6}\\|`));
    }
    expect(result(at('oracle'))).toMatchObject({
      benchmark: 'own',
      verifier: 'em',
      model: { name: 'oracle' },
      sampling: { samples: 1, temperature: 0.7, topP: 0.95, seed: 999 },
      files: [{ path: data }],
    });
    expect(readFileSync(join(at('oracle'), 'report.md'), 'utf8')).toContain('| oracle ');
  });

  test('gives a model that says nothing, or both of two, 0 % by the strict metrics', async () => {
    for (const name of ['empty', 'either'] as const) {
      const { code } = await runHere([...benchmarkArgs, ...endpoint(name), '--out', at(name)]);
      expect(code).toBe(0);
      const { metrics } = result(at(name)).arms[0]!.total;
      expect([metrics.em!.mean, metrics['boxed-strict']!.mean]).toEqual([0, 0]);
    }
  });

  test('tells apart what is read from what is known: the controls of a model that must read', async () => {
    const { code } = await runHere([
      ...benchmarkArgs,
      ...endpoint('reader'),
      '--controls',
      'closed-book,empty-memory,oracle',
      '--out',
      at('reader'),
    ]);
    expect(code).toBe(0);
    // The reader forgets when the next chunk says nothing; the oracle control shows the passage itself.
    expect(result(at('reader')).arms.map(({ name, total }) => [name, total.metrics.em!.mean])).toEqual([
      ['memory', expect.any(Number)],
      ['closed-book', 0],
      ['empty-memory', 0],
      ['oracle', 1],
    ]);
  });

  test('compares two results, and two agents of one', async () => {
    const { stdout, code } = await runHere(['compare', at('empty'), join(at('oracle'), 'result.json'), '--arm', 'memory']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\| memory \| em +\| 6 +\| 100\.0 \(100\.0 to 100\.0\) \| 6 +\| 0 +\| 0\.0\d+ +\| 0\.031/);
    const json = await runHere(['compare', at('reader'), at('reader'), '--arm', 'closed-book', '--against', 'oracle', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject([{ arm: 'closed-book -> oracle', better: 6 }, {}, {}, {}, {}, {}]);
    expect((await runHere(['compare', at('own.jsonl'), at('oracle')])).stderr).toContain('is no result');
    expect((await runHere(['compare', at('none'), at('oracle')])).stderr).toContain('no result file at');
  });

  test('asks before it starts, and says in one line what is missing', async () => {
    const before = servers.oracle.calls();
    const asked = await runHere([...benchmarkArgs.slice(0, -1), ...endpoint('oracle')]);
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining('add --yes') });
    expect(asked.stdout).toContain('most completion tokens');
    expect(servers.oracle.calls()).toBe(before);
    for (const [args, message] of [
      [['eval', '--model', 'm', '--benchmark', 'own'], 'needs its file'],
      [['eval', '--model', 'm'], 'needs either --documents, --world or --benchmark'],
      [[...benchmarkArgs, ...endpoint('oracle'), '--agent', 'search'], 'needs a retriever'],
      [[...benchmarkArgs, ...endpoint('oracle'), '--verifier', 'rouge'], 'no metric "rouge"'],
      [[...benchmarkArgs, ...endpoint('oracle'), '--controls', 'none'], 'no control "none"'],
      [['eval', '--model', 'm', '--world', '1', '--base-url', 'http://x'], '--base-url goes with --benchmark'],
    ] as const) {
      const { code, stderr } = await runHere(args);
      expect(stderr).toContain(message);
      expect([code, stderr.trim().split('\n').length]).toEqual([2, 1]);
    }
  });

  test('lists failed answers, which count as wrong', async () => {
    const server = await answeringServer((prompt) => (number(prompt) === '2' ? undefined : oracle(prompt)));
    const { code, stdout } = await runHere([...benchmarkArgs, '--model', 'm', '--base-url', server.url, '--agent', 'one-window']);
    server.close();
    expect(code).toBe(0);
    expect(stdout).toContain('one-window, failed: q2 (');
    expect(stdout).toMatch(/\| one-window \| all +\| 6 +\| 83\.3 /);
  });

  test('asks a retriever, and writes down what it searches', async () => {
    const retriever = createServer((request, response) => {
      const document = { id: '1', contents: '"Lighthouses"\nLighthouse <3> is kept by Keeper3.' };
      const said =
        request.url === '/health' ? { kind: 'bm25', passages: 1, corpus: 'abc', status: 'x' } : { result: [[{ document, score: 1 }]] };
      request.resume().on('end', () => response.end(JSON.stringify(said)));
    });
    await new Promise<void>((resolve) => retriever.listen(0, '127.0.0.1', resolve));
    const searcher = await answeringServer((prompt) => {
      const found = /is kept by (\w+)/.exec(prompt)?.[1];
      return found === undefined ? '<state>-</state><search>keeper</search>' : `<state>-</state><answer>${found}</answer>`;
    });
    const url = `http://127.0.0.1:${(retriever.address() as AddressInfo).port}`;
    const args = [
      '--model',
      'm',
      '--base-url',
      searcher.url,
      '--agent',
      'search',
      '--retriever',
      url,
      '--top-k',
      '1',
      '--out',
      at('search'),
    ];
    const { code, stdout } = await runHere([...benchmarkArgs, ...args]);
    searcher.close();
    retriever.close();
    expect(code).toBe(0);
    expect(stdout).toMatch(/\| search \| all +\| 6 +\| 16\.7 /);
    expect(result(at('search')).arms[0]!.settings).toMatchObject({
      topK: 1,
      retriever: url,
      corpus: '{"kind":"bm25","passages":1,"corpus":"abc"}',
    });
  });

  test('survives kill -9: finished answers are kept, and no question is lost', async () => {
    const out = at('killed');
    const kept = (): number =>
      existsSync(join(out, 'answers.jsonl')) ? readFileSync(join(out, 'answers.jsonl'), 'utf8').split('\n').length - 1 : 0;
    let [held, release] = [0, (): void => undefined];
    const released = new Promise<void>((resolve) => (release = resolve));
    const slow = await answeringServer(oracle, () => {
      if (kept() < 2) return undefined;
      held++;
      return released;
    });
    const args = [...benchmarkArgs, '--model', 'slow', '--base-url', slow.url, '--concurrency', '2', '--out', out];
    const killed = await runMain(args, (child) => void until(() => held === 2).then(() => child.kill('SIGKILL')));
    release();
    expect(killed.code).toBe(null);
    const answers = kept();
    expect(answers).toBeLessThan(count);
    const before = slow.calls();
    const { code } = await runHere(args);
    slow.close();
    expect(code).toBe(0);
    expect(result(out).arms[0]).toMatchObject({ reused: answers, total: { questions: count, metrics: { em: { mean: 1 } } } });
    const perQuestion = result(out).arms[0]!.total.calls / count;
    expect(slow.calls() - before).toBe((count - answers) * perQuestion);
  });

  test('the key of the endpoint reaches the endpoint, and nothing that is printed or written', async () => {
    const [key, out] = ['sk-4f1c-never-written', at('keyed')];
    const server = await answeringServer((prompt, authorization) => (authorization === `Bearer ${key}` ? oracle(prompt) : undefined));
    process.env['MEMTRAIN_TEST_KEY'] = key;
    const keyed = ['--model', 'm', '--base-url', server.url, '--api-key-env', 'MEMTRAIN_TEST_KEY', '--out', out];
    const { code, stdout, stderr } = await runHere([...benchmarkArgs, ...keyed]).finally(() => delete process.env['MEMTRAIN_TEST_KEY']);
    server.close();
    expect(code).toBe(0);
    expect(result(out).arms[0]!.total.failedAnswers).toBe(0);
    const written = readdirSync(out);
    expect(written).toEqual(expect.arrayContaining(['answers.jsonl', 'report.md', 'result.json']));
    for (const text of [stdout, stderr, ...written.map((name) => readFileSync(join(out, name), 'utf8'))]) expect(text).not.toContain(key);
  });

  test('runs a local model folder, whose weights are hashed into the result', async () => {
    const files = learnTokenizer([...rows.map(({ text, question }) => `${text} ${question}`), 'abcdefghijklmnopqrstuvwxyz'], {
      vocabularySize: 400,
    });
    const model = at('model');
    const tokenizer = huggingFaceTokenizer(files);
    const configuration = { ...tinyConfiguration, vocabularySize: tokenizer.vocabularySize };
    const made = createLanguageModel({ configuration, tokenizer, seed: 1, threads: 1 });
    await made.save(model);
    await made.dispose();
    writeFileSync(join(model, 'tokenizer.json'), JSON.stringify(files.tokenizer));
    writeFileSync(join(model, 'tokenizer_config.json'), JSON.stringify(files.config));
    const limits = ['--chunk-tokens', '300', '--memory-tokens', '8', '--answer-tokens', '8', '--count', '2'];
    const { code, stderr, stdout } = await runHere([
      ...benchmarkArgs,
      '--model',
      model,
      ...limits,
      '--answer',
      'reply',
      '--out',
      at('local'),
    ]);
    expect(stderr).not.toContain('memtrain:');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\| memory \| all +\| 2 +\| 0\.0/);
    // Real questions over real paragraphs, where they are there.
    const real = join(import.meta.dirname, '../../../../../shared/data/hotpotqa-dev-200.jsonl');
    if (existsSync(real)) {
      const paragraphs = ['--benchmark', 'hotpotqa-distractor', '--data', real, '--chunk-tokens', '2000'];
      const found = await runHere([
        'eval',
        '--model',
        model,
        ...paragraphs,
        ...limits.slice(2),
        '--yes',
        '--controls',
        'closed-book,oracle',
      ]);
      expect(found.code).toBe(0);
      expect(found.stdout).toMatch(/\| memory +\| all +\| 2 +\| 0\.0[^]*\| oracle +\| all +\| 2 /);
    }
    const { model: identity, arms } = result(at('local'));
    expect(identity).toEqual({ name: 'model', revision: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(arms[0]!.total).toMatchObject({ exactTokens: true, failedAnswers: 0 });
  });
});

describe('memtrain data', () => {
  test('lists, makes and checks data', async () => {
    expect((await runHere(['data', 'list'])).stdout).toMatch(/^ruler-hotpotqa +RULER-HotpotQA/);
    const sources = at('sources.jsonl');
    const passages = Array.from({ length: 30 }, (_, index) => ({ title: `T${index}`, text: 'Words and more words. '.repeat(10) + index }));
    const questions = [{ question: 'Where?', answers: ['here'], evidence: ['E\nIt is here.'] }];
    writeFileSync(sources, [...passages, ...questions].map((row) => `${JSON.stringify(row)}\n`).join(''));
    const made = await runHere(['data', 'make', 'synthetic-ruler-hqa', '--source', sources, '--lengths', '1k,2k', '--dir', folder]);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/_1k\.json: 1 questions over \d+ documents each[^]*_2k\.json/) });
    expect(
      (await runHere(['data', 'make', 'niah_single_2', '--source', sources, '--lengths', '1k', '--count', '2', '--dir', folder])).stdout,
    ).toContain('eval_niah_single_2_1000.json: 2 samples');
    const path = at('synthetic_ruler_hqa_1k.json');
    expect((await runHere(['data', 'check', 'ruler-hotpotqa', path])).stdout).toBe('OK: 1 questions, 1 with a text\n');
    const twice = [
      ...benchmarkArgs.slice(0, 1),
      '--benchmark',
      'ruler-hotpotqa',
      '--data',
      path,
      '--data',
      at('synthetic_ruler_hqa_2k.json'),
    ];
    const { stdout } = await runHere([...twice, ...endpoint('empty'), '--yes']);
    expect(stdout).toMatch(/Published: RULER-HotpotQA accuracy, Table 1, beside ours/);
    expect((await runHere(['data', 'check', 'own', sources])).stderr).toMatch(/line 1: .*question/);
    expect((await runHere(['data', 'make', 'poem', '--source', sources])).code).toBe(2);
  });

  test('get asks the mirror that is named, and says offline which file to put where', async () => {
    const { code, stderr } = await runHere(['data', 'get', 'bamboogle', '--dir', at('data'), '--endpoint', 'http://127.0.0.1:1']);
    expect(code).toBe(1);
    expect(stderr).toContain(`put it at ${at('data/bamboogle-test.jsonl')}`);
    expect((await runHere(['data', 'get', 'none'])).stderr).toContain('no data set "none"');
  });
});
