import { spawn } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findCheckpoint, train, type TrainOptions, type TrainResult } from '../src/index.ts';
import { runOptions } from './run-options.ts';
import { banditRollout, tableLearner } from './table-learner.ts';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'grpo-resume-'));
  folder = join(root, 'run');
});
afterEach(async () => rm(root, { recursive: true, force: true }));

/** What a finished run left: every byte that must not depend on how often it was stopped. */
async function tracesOf(run: string): Promise<{ metrics: string; table: string; checkpoints: string[]; latest: string }> {
  return {
    metrics: await readFile(join(run, 'metrics.jsonl'), 'utf8'),
    table: (await readFile(join(run, 'checkpoints', 'step-000006', 'learner', 'table.bin'))).toString('hex'),
    checkpoints: await readdir(join(run, 'checkpoints')),
    latest: await readFile(join(run, 'checkpoints', 'latest'), 'utf8'),
  };
}

/** Trains with a fresh learner, as a new process would. */
const go = async (run: string, changes: Partial<TrainOptions> = {}): Promise<TrainResult> =>
  train(runOptions(run, tableLearner(), changes));

async function uninterrupted(): Promise<Awaited<ReturnType<typeof tracesOf>>> {
  const run = join(root, 'uninterrupted');
  await go(run);
  return tracesOf(run);
}

describe('resume', () => {
  test('6 steps equal 3, a stop by signal, and 3 more: weights, optimizer state and metrics bit for bit', async () => {
    const stop = new AbortController();
    const stopped = await go(folder, { signal: stop.signal, onStep: ({ step }) => (step === 3 ? stop.abort() : undefined) });
    expect(stopped).toEqual({ stopped: true, step: 3, resumedFrom: 0 });
    expect(await readdir(join(folder, 'checkpoints'))).toEqual(['latest', 'step-000002', 'step-000003']);
    expect(await go(folder)).toEqual({ stopped: false, step: 6, resumedFrom: 3 });
    const expected = await uninterrupted();
    expect(await tracesOf(folder)).toEqual(expected);
    expect(expected.metrics.split('\n')).toHaveLength(7);
  });

  test('a run can be made longer', async () => {
    await go(folder, { steps: 3 });
    expect(await go(folder)).toEqual({ stopped: false, step: 6, resumedFrom: 3 });
    expect(await tracesOf(folder)).toEqual(await uninterrupted());
    expect(await go(folder)).toEqual({ stopped: false, step: 6, resumedFrom: 6 });
    await expect(go(folder, { steps: 5 })).rejects.toMatchObject({ code: 'bad-options' });
  });

  test('a signal in the middle of a rollout drops it, whether the rollout throws or finishes', async () => {
    for (const throws of [true, false]) {
      const run = join(root, String(throws));
      const stop = new AbortController();
      const state = { value: 0, save: () => state.value, restore: (value: unknown) => void (state.value = value as number) };
      const result = await go(run, {
        signal: stop.signal,
        state,
        rollout: async (context) => {
          state.value++;
          if (context.step === 4) stop.abort();
          if (context.step === 4 && throws) throw context.signal!.reason as Error;
          return banditRollout(context);
        },
      });
      expect(result).toEqual({ stopped: true, step: 3, resumedFrom: 0 });
      expect((await findCheckpoint(run))!.state).toMatchObject({ step: 3, state: 3 });
      await go(run, { state });
      const { metrics, table } = await tracesOf(run);
      expect({ metrics, table }).toEqual({ metrics: (await uninterrupted()).metrics, table: (await uninterrupted()).table });
      await rm(join(root, 'uninterrupted'), { recursive: true });
    }
  });

  test('a signal before the first step leaves nothing to resume', async () => {
    expect(await go(folder, { signal: AbortSignal.abort() })).toEqual({ stopped: true, step: 0, resumedFrom: 0 });
    expect(await findCheckpoint(folder)).toBeUndefined();
    await go(folder);
    expect(await tracesOf(folder)).toEqual(await uninterrupted());
  });

  test('a process killed in the middle of a save leaves a folder that resumes to the same bytes', async () => {
    const script = fileURLToPath(new URL('killed-run.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@memtrain/source', script, folder], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    let errors = '';
    child.stderr.on('data', (text) => (errors += String(text)));
    const signal = await new Promise((resolve) => child.on('close', (_code, received) => resolve(received)));
    expect({ signal, errors }).toEqual({ signal: 'SIGKILL', errors: '' });
    expect(await readdir(join(folder, 'checkpoints'))).toEqual(['latest', 'step-000002', `step-000004.${child.pid}-1.tmp`]);
    // Steps 3 and 4 were recorded, then lost: their lines must not be there twice.
    expect((await readFile(join(folder, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(4);
    expect(await go(folder)).toEqual({ stopped: false, step: 6, resumedFrom: 2 });
    expect(await tracesOf(folder)).toEqual(await uninterrupted());
  });

  test('a half-written last metrics line goes', async () => {
    await go(folder, { steps: 3 });
    await appendFile(join(folder, 'metrics.jsonl'), '{"step":4,"lo');
    await go(folder);
    expect(await tracesOf(folder)).toEqual(await uninterrupted());
  });

  const damages: [string, (checkpoints: string) => Promise<unknown>][] = [
    ['latest is gone', (checkpoints) => rm(join(checkpoints, 'latest'))],
    ['latest names a checkpoint that is not there', (checkpoints) => writeFile(join(checkpoints, 'latest'), 'step-000099\n')],
    ['the newest has cut-off weights', (checkpoints) => truncate(join(checkpoints, 'step-000004', 'learner', 'table.bin'), 5)],
    ['the newest has lost its weights and moments', (checkpoints) => rm(join(checkpoints, 'step-000004', 'learner', 'table.bin'))],
    ['the newest has no state.json', (checkpoints) => rm(join(checkpoints, 'step-000004', 'state.json'))],
    ['a folder of the next step is empty', (checkpoints) => mkdir(join(checkpoints, 'step-000006'))],
  ];
  test.each(damages)('%s: goes on from the newest complete checkpoint', async (_name, damage) => {
    await go(folder, { steps: 4 });
    await damage(join(folder, 'checkpoints'));
    const { resumedFrom } = await go(folder);
    expect(resumedFrom).toBe(_name.startsWith('the newest') ? 2 : 4);
    expect(await tracesOf(folder)).toEqual(await uninterrupted());
  });

  test('checkpoints that are all damaged are refused, not trained over', async () => {
    await go(folder, { steps: 2 });
    await writeFile(join(folder, 'checkpoints', 'step-000002', 'state.json'), '{');
    const before = await readFile(join(folder, 'metrics.jsonl'), 'utf8');
    await expect(go(folder)).rejects.toMatchObject({ code: 'bad-checkpoint', message: expect.stringContaining('step-000002') });
    expect(await readFile(join(folder, 'metrics.jsonl'), 'utf8')).toBe(before);
  });

  test('metrics shorter than the checkpoint says are refused', async () => {
    await go(folder, { steps: 2 });
    await truncate(join(folder, 'metrics.jsonl'), 3);
    await expect(go(folder)).rejects.toMatchObject({ code: 'bad-metrics' });
  });

  test('another configuration is refused with what changed, and nothing is touched, unless allowed', async () => {
    await go(folder, { steps: 2 });
    const changes = { configuration: { G1: 4, model: 'table', extra: [1] }, seed: 8 };
    await expect(go(folder, changes)).rejects.toMatchObject({
      code: 'other-configuration',
      message: expect.stringContaining('(configuration.G1: 8 -> 4; configuration.extra.0: (absent) -> 1; settings.seed: 7 -> 8)'),
    });
    expect((await readdir(join(folder, 'checkpoints'))).sort()).toEqual(['latest', 'step-000002']);
    expect(await go(folder, { ...changes, allowOtherConfiguration: true })).toMatchObject({ step: 6, resumedFrom: 2 });
  });

  test('the order of keys in the configuration does not matter', async () => {
    await go(folder, { steps: 2 });
    expect(await go(folder, { configuration: { G1: 8, model: 'table' } })).toMatchObject({ resumedFrom: 2 });
  });

  test('fresh refuses a used folder, required an empty one', async () => {
    await expect(go(folder, { resume: 'required' })).rejects.toMatchObject({ code: 'no-checkpoint' });
    await go(folder, { steps: 1, resume: 'fresh' });
    await expect(go(folder, { resume: 'fresh' })).rejects.toMatchObject({ code: 'run-exists' });
  });

  test('only the last checkpoints are kept', async () => {
    await go(folder, { checkpointEvery: 1, keepLast: 3 });
    expect(await readdir(join(folder, 'checkpoints'))).toEqual(['latest', 'step-000004', 'step-000005', 'step-000006']);
    expect(await readFile(join(folder, 'checkpoints', 'latest'), 'utf8')).toBe('step-000006\n');
  });
});
