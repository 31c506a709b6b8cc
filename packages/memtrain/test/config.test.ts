import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { TrainOptions } from '@memtrain/grpo';
import fc from 'fast-check';
import { loadConfig } from '../src/config/load-config.ts';
import { nearestKey } from '../src/config/nearest-key.ts';
import { overrideConfig } from '../src/config/override.ts';
import { configPaths } from '../src/config/parse-config.ts';
import { trainConfigSchema } from '../src/config/train-config.ts';
import { trainingSettings } from '../src/training/training-settings.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = temporaryFolder();
const load = (...set: string[]): ReturnType<typeof loadConfig<typeof trainConfigSchema>> => loadConfig(trainConfigSchema, { set });

describe('a training configuration', () => {
  test('is complete without a file, with the lambda of the paper and the clip bounds of DAPO', () => {
    const { objective, agent, seed } = loadConfig(trainConfigSchema);
    expect(objective).toMatchObject({ clipLow: 0.2, clipHigh: 0.28, lambda: 0.5, filter: 'outcome' });
    expect(agent.temperature).toBe(1);
    expect(seed).toBe(0);
  });

  test('describes itself by path', () => {
    expect(configPaths(trainConfigSchema)).toEqual(expect.arrayContaining(['agent.chunkTokens', 'model.architecture.heads', 'steps']));
  });

  test.each([
    ['agent.chunkTokns=3', 'unknown key "agent.chunkTokns": did you mean "agent.chunkTokens"?'],
    ['stepz=3', 'unknown key "stepz": did you mean "steps"?'],
    ['objective.zzzzzzzzzzzz=1', 'known keys there: groupSize, recallSamples'],
    ['agent.chunkTokens=0', '"agent.chunkTokens" is 0, out of range: give a number from 1 to 1000000'],
    ['objective.clipLow=1.5', '"objective.clipLow" is 1.5, out of range: give a number from 0 to 1'],
    ['steps=2.5', '"steps" is 2.5: give a whole number from 1 to 1000000'],
    ['steps=many', '"steps" is "many": give a number from 1 to 1000000'],
    ['agent=3', '"agent" is 3: give an object'],
    ['objective.filter=some', '"objective.filter" is "some": give one of "outcome", "variance", "none"'],
  ])('with --set %s is refused: %s', (assignment, message) => {
    expect(() => load(assignment)).toThrow(expect.objectContaining({ code: 'bad-config', message: expect.stringContaining(message) }));
  });

  test('names an unknown key before anything else that is wrong', () => {
    expect(() => load('steps=0', 'agent.chunkTokns=3')).toThrow(/unknown key "agent.chunkTokns".*\(and 1 more\)/);
  });

  test('a file that is missing, is not JSON or holds no object is named', () => {
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, '{"steps": }');
    const list = join(folder, 'list.json');
    writeFileSync(list, '[]');
    expect(() => loadConfig(trainConfigSchema, { file: join(folder, 'none.json') })).toThrow(expect.objectContaining({ code: 'no-file' }));
    expect(() => loadConfig(trainConfigSchema, { file: broken })).toThrow(/broken\.json: not JSON/);
    expect(() => loadConfig(trainConfigSchema, { file: list })).toThrow(/list\.json: the configuration is \[\]/);
  });

  test('a file is overridden by --set, later ones last', () => {
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ steps: 7, agent: { chunkTokens: 99 } }));
    const config = loadConfig(trainConfigSchema, { file, set: ['steps=8', 'steps=9', 'model.folder=some/where'] });
    expect(config).toMatchObject({ steps: 9, agent: { chunkTokens: 99 }, model: { folder: 'some/where' } });
  });
});

describe('--set', () => {
  test('reads JSON, and text where it is none', () => {
    const set = overrideConfig({ a: { b: 1 } }, ['a.b=true', 'a.c=[1,2]', 'd=x=y', 'e=']);
    expect(set).toEqual({ a: { b: true, c: [1, 2] }, d: 'x=y', e: '' });
  });

  test('leaves its argument as it was', () => {
    const config = { a: { b: 1 } };
    overrideConfig(config, ['a.b=2']);
    expect(config).toEqual({ a: { b: 1 } });
  });

  test.each(['noequals', '=1', '.a=1', 'a.=1', 'a..b=1'])('%p is a usage error', (assignment) => {
    expect(() => overrideConfig({}, [assignment])).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  test('cannot reach into a number, nor into a prototype', () => {
    expect(() => overrideConfig({ a: 1 }, ['a.b=1'])).toThrow(/"a" is not a section/);
    overrideConfig({}, ['__proto__.polluted=1']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('takes any JSON value back as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(overrideConfig({}, [`key=${JSON.stringify(value)}`])).toEqual({ key: JSON.parse(JSON.stringify(value)) });
      }),
    );
  });
});

/** How each option of `train()` is reached: by these settings, or from the command itself. */
const reached: Readonly<Record<keyof TrainOptions, readonly string[] | 'command'>> = {
  learner: ['model.folder', 'model.lora.rank'],
  rollout: ['task', 'search.turns', 'agent.chunkTokens'],
  folder: 'command',
  steps: ['steps'],
  seed: ['seed'],
  loss: ['clipLow', 'clipHigh', 'dualClip', 'surrogate', 'importance', 'kl', 'klEstimator'].map((name) => `objective.${name}`),
  rewardKl: ['objective.rewardKl'],
  schedule: ['learningRate', 'schedule', 'warmup', 'floor'].map((name) => `optimizer.${name}`),
  adam: ['beta1', 'beta2', 'epsilon', 'weightDecay', 'clipNorm'].map((name) => `optimizer.${name}`),
  advantage: ['objective.advantage'],
  filter: ['objective.filter'],
  refill: ['refill.groups', 'refill.attempts'],
  maxStaleness: ['sampler.maxStaleness'],
  aggregation: ['objective.aggregation'],
  constantLength: ['objective.constantLength'],
  maskTruncated: ['objective.maskTruncated'],
  innerSteps: ['innerSteps'],
  minibatches: ['minibatches'],
  recomputeOldLogprobs: ['sampler.recomputeLogprobs'],
  samplerCorrection: ['sampler.correctionCap'],
  reference: ['objective.kl', 'objective.rewardKl'],
  refreshReferenceEvery: ['objective.refreshReferenceEvery'],
  configuration: 'command',
  checkpointEvery: ['checkpointEvery'],
  keepLast: ['keepLast'],
  best: 'command',
  alarms: ['alarms', 'alarmThresholds.entropyBelow', 'alarmThresholds.lengthAbove'],
  resume: 'command',
  allowOtherConfiguration: 'command',
  state: 'command',
  onStep: 'command',
  signal: 'command',
};

describe('what train() knows', () => {
  test('is a setting, option by option', () => {
    const settings = Object.values(reached).flatMap((paths) => (paths === 'command' ? [] : paths));
    expect(settings.filter((path) => !configPaths(trainConfigSchema).includes(path))).toEqual([]);
  });

  test('is handed on as it is set', () => {
    const { train, adam, loss } = trainingSettings(
      load(
        'sampler.recomputeLogprobs=true',
        'sampler.correctionCap=2',
        'sampler.maxStaleness=3',
        'objective.dualClip=3',
        'objective.aggregation=constant',
        'objective.constantLength=64',
        'objective.maskTruncated=true',
        'optimizer.epsilon=1e-6',
        'alarms=stop',
        'alarmThresholds.entropyBelow=0.5',
        'alarmThresholds.lengthAbove=false',
      ),
    );
    expect(train).toMatchObject({ recomputeOldLogprobs: true, samplerCorrection: { cap: 2 }, maxStaleness: 3 });
    expect(train).toMatchObject({ aggregation: 'constant', constantLength: 64, maskTruncated: true });
    expect(train.alarms).toEqual({ action: 'stop', entropyBelow: 0.5, lengthAbove: false });
    expect([adam.epsilon, loss.dualClip]).toEqual([1e-6, 3]);
    expect(trainingSettings(load('alarms=off')).train.alarms).toBeUndefined();
  });
});

test('the nearest key is a near one, or none', () => {
  const known = ['chunkTokens', 'memoryTokens', 'seed'];
  expect(nearestKey('ChunkToken', known)).toBe('chunkTokens');
  expect(nearestKey('sede', known)).toBe('seed');
  expect(nearestKey('qqqqqq', known)).toBeUndefined();
  expect(nearestKey('x', [])).toBeUndefined();
});
