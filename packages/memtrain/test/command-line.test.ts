import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { TrainConfig } from '../src/config/train-config.ts';
import { writeDocuments } from './support/documents.ts';
import { runHere, runMain } from './support/run-main.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);
const documents = at('documents.jsonl');
writeDocuments(documents, 4);

describe('the command line', () => {
  test('ends with 0 for help and version', async () => {
    const [help, version] = await Promise.all([runMain(['train', '--help']), runMain(['--version'])]);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('--documents <file>');
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  test.each([
    ['no command', [], 'no command given'],
    ['an unknown command', ['trian'], "unknown command 'trian' (Did you mean train?)"],
    ['an unknown option', ['train', '--documents', 'x', '--out', 'y', '--resum'], "unknown option '--resum' (Did you mean --resume?)"],
    ['a missing option', ['train', '--documents', 'x'], "required option '--out <folder>' not specified"],
    ['nothing to train on', ['train', '--out', 'y'], 'train needs one thing to train on: give --documents, or --questions'],
    ['documents and questions', ['train', '--out', 'y', '--documents', 'x', '--questions', 'z'], 'train needs one thing to train on'],
    ['a number out of range', ['corpus', 'build', '--dump', 'x', '--out', 'y', '--documents', '0'], 'Give a whole number from 1 to'],
    ['an unknown scale', ['reproduce', '--scale', 'dmo', '--out', 'y'], '--scale dmo is unknown'],
    [
      'an unknown preset',
      ['train', '--documents', 'x', '--out', 'y', '--preset', 'memtrian'],
      '--preset memtrian is unknown: give one of memtrain,',
    ],
    [
      'a preset of an agent that searches, without questions',
      ['train', '--documents', 'x', '--out', 'y', '--preset', 'searchR1'],
      '"search" is set: give the questions to search for with --questions',
    ],
    [
      'a preset of an agent that searches, with nothing to search',
      ['train', '--questions', 'x', '--out', 'y', '--preset', 'search-r1'],
      '"search" is set: give --retriever',
    ],
    ['a retriever for an agent that reads', ['train', '--questions', 'x', '--out', 'y', '--retriever', 'z'], '--retriever goes with'],
    [
      'a task without a model',
      ['train', '--out', 'y', '--set', 'task=./task.mjs'],
      'a task of your own brings no text that a tokenizer could be learnt from',
    ],
    ['half a --set', ['train', '--documents', 'x', '--out', 'y', '--set', 'steps'], '--set steps: write it as key.path=value'],
  ])('ends with 2 and one line for %s', async (_name, args, message) => {
    const { code, stdout, stderr } = await runHere(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^memtrain: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });

  const noBzip = at('damaged.xml.bz2');
  writeFileSync(noBzip, Buffer.concat([Buffer.from('BZh91AY&SY'), Buffer.alloc(400, 7)]));
  const noDump = at('list.xml');
  writeFileSync(noDump, '<list><item/></list>');
  const noJson = at('config.json');
  writeFileSync(noJson, 'steps: 3');
  const train = ['train', '--documents', documents, '--out', at('run')];

  test.each([
    ['a dump that is not there', ['corpus', 'build', '--dump', at('no.xml.bz2'), '--out', at('run')], /no dump file at .*no\.xml\.bz2/],
    ['a damaged bz2', ['corpus', 'build', '--dump', noBzip, '--out', at('run')], /damaged\.xml\.bz2/],
    ['a file of another format', ['corpus', 'build', '--dump', noDump, '--out', at('run')], /list\.xml/],
    ['documents to check that are not there', ['corpus', 'check', at('empty')], /there is no documents\.jsonl/],
    ['documents that are not there', ['train', '--documents', at('none'), '--out', at('run')], /no documents file at/],
    ['documents of another format', ['train', '--documents', noDump, '--out', at('run')], /list\.xml: line 1/],
    ['a configuration that is not JSON', [...train, '--config', noJson], /config\.json: not JSON/],
    ['an unknown key', [...train, '--set', 'agent.chunkTokns=1'], /unknown key "agent\.chunkTokns": did you mean "agent\.chunkTokens"\?/],
    [
      'a number out of range',
      [...train, '--set', 'objective.groupSize=1'],
      /"objective\.groupSize" is 1, out of range: give a number from 2 to 1024/,
    ],
    ['a model that is not there', [...train, '--set', 'model.folder=nowhere'], /no model folder at nowhere/],
    ['settings that do not go together', [...train, '--set', 'agent.chunkTokens=9000'], /maxPositions/],
    [
      'a warm-up that is longer than its schedule',
      [...train, '--set', 'optimizer.schedule=cosine', '--set', 'optimizer.warmup=3'],
      /"optimizer\.warmup" is 3/,
    ],
    ['a refreshed reference that is none', [...train, '--set', 'objective.refreshReferenceEvery=2'], /there is no reference policy/],
    [
      'a refreshed reference of adapters',
      [...train, '--set', 'objective.refreshReferenceEvery=2', '--set', 'objective.kl=0.1', '--set', 'model.lora.rank=2'],
      /leave out one of them/,
    ],
    ['a run that is not there', [...train, '--resume'], /no run to resume/],
    ['a model to evaluate that is not there', ['eval', '--model', at('no'), '--documents', documents], /no model folder at/],
  ])('ends with 1, one line and no file for %s', async (_name, args, message) => {
    const { code, stdout, stderr } = await runHere(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^memtrain: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('unexpected');
    expect(existsSync(at('run'))).toBe(false);
  });

  test('hands its exit code to the shell, and shows a stack trace only with --verbose', async () => {
    const missing = ['train', '--documents', at('nowhere'), '--out', at('run')];
    const [wrong, plain, verbose] = await Promise.all([runMain(['trian']), runMain(missing), runMain([...missing, '--verbose'])]);
    expect([wrong.code, plain.code, verbose.code]).toEqual([2, 1, 1]);
    expect(plain.stderr).toMatch(/^memtrain: [^\n]+\n$/);
    expect(verbose.stderr).toMatch(/\n\s+at .*\n/);
  });

  test('corpus check lists what is wrong', async () => {
    const { code, stdout, stderr } = await runHere(['corpus', 'check', documents]);
    expect(code).toBe(1);
    expect(stdout).toContain('documents.jsonl, line 1, answerType: must be one of person');
    expect(stderr).toMatch(/^memtrain: \d+ problems in [^\n]+\n$/);
  });

  test('doctor finds what it needs and computes with it', async () => {
    const { code, stdout } = await runMain(['doctor']);
    expect(stdout).toMatch(/^OK +onnxruntime-node: .* loads and computes$/m);
    expect(stdout).toMatch(/^OK +@tensorflow\/tfjs: /m);
    expect(code).toBe(0);
  });
});

describe('memtrain train', () => {
  const sizes = [
    'agent.chunkTokens=64',
    'agent.maxChunks=2',
    'agent.memoryTokens=8',
    'agent.answerTokens=4',
    'model.architecture.vocabularySize=320',
  ];
  const more = [
    'model.architecture.hiddenSize=16',
    'model.architecture.headSize=4',
    'model.architecture.intermediateSize=16',
    'documentsPerStep=1',
  ];
  const train = (out: string, ...rest: string[]): string[] => [
    'train',
    '--documents',
    documents,
    '--out',
    at(out),
    ...[...sizes, ...more].flatMap((assignment) => ['--set', assignment]),
    ...rest,
  ];

  test('--dry-run prints the resolved configuration and what an update costs, and leaves no folder', async () => {
    const { code, stdout, stderr } = await runHere([...train('dry'), '--dry-run', '--set', 'objective.recallSamples=2', '--set', 'seed=7']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const config = JSON.parse(stdout.slice(0, stdout.indexOf('\n}\n') + 2)) as TrainConfig;
    expect(config).toMatchObject({ seed: 7, objective: { recallSamples: 2, clipHigh: 0.28 }, documentsPerStep: 1 });
    // One document of two chunks: 4 readings of 2 memory updates and an answer, and 4 x 2 recall answers.
    expect(stdout).toMatch(/^conversations an update: 12 of readings, 8 of recalls$/m);
    expect(stdout).toMatch(/^tokens an update: about \d+ of prompts, at most \d+ sampled$/m);
    expect(stdout).toMatch(/^time: at most about [\d.]+ s of rollouts and [\d.]+ s of training an update, [\d.]+ h for 3 updates$/m);
    expect(existsSync(at('dry'))).toBe(false);
  });

  test('--preset is the start, the file lies over it, and --set over both', async () => {
    const file = at('over.json');
    writeFileSync(file, JSON.stringify({ objective: { groupSize: 2 }, steps: 5 }));
    const { stdout } = await runHere([
      ...train('preset'),
      '--dry-run',
      '--preset',
      'memtrain',
      '--config',
      file,
      '--set',
      'steps=6',
      '--set',
      'objective.kl=0',
    ]);
    const config = JSON.parse(stdout.slice(0, stdout.indexOf('\n}\n') + 2)) as TrainConfig;
    expect(config).toMatchObject({
      steps: 6,
      objective: { groupSize: 2, recallSamples: 8, lambda: 0.5, clipHigh: 0.2, kl: 0 },
      optimizer: { learningRate: 1e-6, warmup: 20, weightDecay: 0.01 },
    });
  });

  test('a second Ctrl-C exits at once, and that resumes, too', async () => {
    const steps = ['--set', 'steps=3'];
    const stopped = await runMain(train('twice', ...steps), (child) => {
      child.stdout!.once('data', () => child.kill('SIGINT'));
      child.stderr!.on('data', (text: Buffer) => {
        if (text.includes('press Ctrl-C again')) child.kill('SIGINT');
      });
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).not.toContain('stopped after update');
    expect(await runHere(train('twice', ...steps, '--resume'))).toMatchObject({ code: 0 });
    const lines = (): number => readFileSync(at('twice', 'metrics.jsonl'), 'utf8').trimEnd().split('\n').length;
    expect(lines()).toBe(3);
    // A run can be made longer.
    expect(await runHere(train('twice', '--set', 'steps=4', '--resume', '--allow-changes'))).toMatchObject({ code: 0 });
    expect(lines()).toBe(4);
  });

  test('stops at Ctrl-C with 130 and how to go on, and goes on; the run folder is complete', async () => {
    const steps = ['--set', 'steps=6'];
    let interrupted = false;
    const stopped = await runMain(train('interrupted', ...steps), (child) => {
      child.stdout!.on('data', () => {
        if (!interrupted) child.kill('SIGINT');
        interrupted = true;
      });
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toMatch(/stopped after update \d of 6; go on with: memtrain train .*--resume/);
    const resumed = await runMain(train('interrupted', ...steps, '--resume'));
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining('rewards are near zero') });
    expect(readdirSync(at('interrupted')).sort()).toEqual([
      'checkpoints',
      'config.json',
      'manifest.json',
      'metrics.jsonl',
      'report.html',
      'tensorboard',
      'timing.jsonl',
      'tokenizer',
      'trajectories.jsonl',
    ]);
    const other = await runMain(train('interrupted', '--set', 'steps=7', '--resume'));
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('(config.steps: 6 -> 7)') });
    const evaluated = await runMain(['eval', '--model', at('interrupted'), '--documents', documents, '--count', '2']);
    expect(evaluated).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^masked entities: \d+\.\d % \(95 % interval .*, 2 documents\)\n$/),
    });
  });
});
