import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { StepRecord } from '@memtrain/grpo';
import { engineRun, type Death } from './support/engine-run.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

// On a busy machine a process takes long to start.
jest.setTimeout(180_000);

const root = temporaryFolder();

/** Every byte of a run folder that must not depend on how often it was stopped: all but the seconds, and what keeps their number. */
function bytesOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
  return Object.fromEntries(
    paths
      .filter((path) => path !== 'timing.jsonl')
      .map((path) => {
        const bytes = readFileSync(join(folder, path));
        return [path, path.endsWith('state.json') ? bytes.toString().replace(/"timingBytes": \d+/, '') : bytes.toString('hex')];
      }),
  );
}

/** The run in a process of its own; its id, the signal that ended it and what it said on standard error. */
function runAndDie(folder: string, death: Death): Promise<{ pid: number; signal: string | null; errors: string }> {
  const script = fileURLToPath(new URL('support/killed-engine-run.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@memtrain/source', script, folder, death], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  return new Promise((resolve) => child.on('close', (_code, signal) => resolve({ pid: child.pid!, signal, errors })));
}

describe('a run on the local engine', () => {
  const whole = join(root, 'whole');
  beforeAll(async () => void (await engineRun(whole)));

  test('has gradients, refills and a refreshed reference, so that there is something to lose', () => {
    const records = readFileSync(join(whole, 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as StepRecord);
    expect(records).toHaveLength(6);
    for (const record of records) {
      expect(record.gradientNorm).toBeGreaterThan(1e-3);
      expect(record).toMatchObject({ skipped: false, optimizerSteps: 4 });
    }
    expect(records.some(({ refills }) => refills.length > 0)).toBe(true);
    expect(records[4]!.referenceKl).toBeGreaterThan(1e-4);
    expect(records[5]!.referenceKl).toBeLessThan(1e-9);
    expect(Object.keys(bytesOf(whole)).filter((path) => path.includes('step-000006'))).toEqual(
      expect.arrayContaining(['learner', 'reference'].map((name) => `checkpoints/step-000006/${name}/optimizer.safetensors`)),
    );
  });

  test.each([
    ['after step 3', ['step-000002'], 2],
    ['inside a save', ['step-000002', 'step-000004.PID-1.tmp'], 2],
    ['after a refresh', ['step-000002', 'step-000004'], 4],
  ] as const)(
    'killed %s goes on to the same bytes: weights, moments, reference, metrics, checkpoints',
    async (death, left, resumedFrom) => {
      const folder = join(root, death);
      const { pid, ...end } = await runAndDie(folder, death);
      expect(end).toEqual({ signal: 'SIGKILL', errors: '' });
      const names = readdirSync(join(folder, 'checkpoints')).filter((name) => name.startsWith('step'));
      expect(names).toEqual(left.map((name) => name.replace('PID', String(pid))));
      if (death === 'inside a save') {
        // The engine had written a part of its folder, under another name.
        const saved = join(folder, 'checkpoints', names.at(-1)!);
        expect(readdirSync(saved)).toEqual([`learner.${pid}-1.tmp`]);
        expect(existsSync(join(saved, 'state.json'))).toBe(false);
      }
      expect(await engineRun(folder)).toEqual({ stopped: false, step: 6, resumedFrom });
      expect(bytesOf(folder)).toEqual(bytesOf(whole));
    },
  );

  test('whose newest checkpoint has lost its optimizer state goes on from the one before, and is refused when all have', async () => {
    const folder = join(root, 'lost');
    cpSync(whole, folder, { recursive: true });
    const lose = (step: number): void => rmSync(join(folder, 'checkpoints', `step-00000${step}`, 'learner', 'optimizer.safetensors'));
    lose(6);
    expect(await engineRun(folder)).toEqual({ stopped: false, step: 6, resumedFrom: 4 });
    expect(bytesOf(folder)).toEqual(bytesOf(whole));
    for (const step of [4, 6]) lose(step);
    await expect(engineRun(folder)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringContaining('optimizer.safetensors'),
    });
  });
});
