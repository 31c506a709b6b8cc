import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { executorChecks } from '../src/doctor/executor-checks.ts';
import { runHere } from './support/run-main.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const cache = join(temporaryFolder(), 'cache');

describe('memtrain setup tensorflow', () => {
  test('ends with one line that says what is wrong, and downloads nothing, when its wheel is not there', async () => {
    const { code, stdout, stderr } = await runHere([
      'setup',
      'tensorflow',
      '--cache',
      cache,
      '--wheel',
      '/nowhere/tensorflow_cpu-2.21.0-x.whl',
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^memtrain: [^\n]+\n$/);
  });

  test('is the only thing that can be set up', async () => {
    expect(await runHere(['setup', 'torch'])).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown command 'torch'") });
  });
});

test('doctor accounts for every executor, needs none but onnxruntime, and measures those that are there', async () => {
  const checks = await executorChecks();
  const names = ['onnxruntime', 'onnxruntime-cuda', 'onnxruntime-webgpu', 'tensorflow', 'wasm', 'cpu'];
  expect(checks.map(({ name }) => name)).toEqual(names.map((name) => `executor ${name}`));
  expect(checks.every(({ optional }) => optional)).toBe(true);
  expect(await checks.at(-1)!.probe()).toMatch(/^eager by @tensorflow\/tfjs 4\.\d+\.\d+; [\d.e+-]+ GFLOP\/s in products of 128 x 128$/);
});
