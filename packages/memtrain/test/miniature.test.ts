import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { CommandContext } from '../src/commands/context.ts';
import { reproduce } from '../src/commands/run-reproduce.ts';
import type { OpenEngine } from '../src/commands/run-reproduce.ts';
import { miniatureScale, miniatureScales } from '../src/miniature/scales.ts';
import type { MiniatureScale } from '../src/miniature/scales.ts';
import { readJsonLines } from '../src/run/json-lines.ts';
import { readTensorboardScalars } from '../src/run/tensorboard-events.ts';
import { commandContext } from './support/command-context.ts';
import { scriptedEngine } from './support/scripted-engine.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const root = temporaryFolder();

const scale: MiniatureScale = {
  ...miniatureScale('smoke'),
  name: 'smoke',
  arms: [
    {
      name: 'MemTrain + QA',
      stages: [
        { task: 'memtrain', steps: 3 },
        { task: 'qa', steps: 2 },
      ],
    },
    { name: 'End-to-End', stages: [{ task: 'endToEnd', steps: 3 }] },
  ],
  control: 'End-to-End',
  training: { ...miniatureScale('smoke').training, filter: 'none', groupSize: 24 },
};

async function run(
  name: string,
  options: { resume?: boolean; context?: CommandContext; open?: OpenEngine; scale?: MiniatureScale } = {},
): Promise<string> {
  const out = join(root, name);
  const { context = commandContext(), resume = false, open = async () => scriptedEngine(join(root, `${name}-engine`)) } = options;
  await reproduce({ scale: options.scale ?? scale, out, seed: 0, resume }, context, open);
  return out;
}

/** Every file whose bytes must not depend on when a run was stopped. */
function results(out: string): Record<string, string> {
  const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /metrics\.jsonl|evaluations\.jsonl|trajectories\.jsonl/.test(file),
  );
  return Object.fromEntries(files.sort().map((file) => [file, readFileSync(join(out, file), 'utf8')]));
}

/** An engine that interrupts, or fails, at its n-th call of the model. */
function stopping(name: string, call: number, stop: () => void): OpenEngine {
  return async () => {
    const engine = scriptedEngine(join(root, `${name}-engine`));
    const model = await engine.learner.model();
    let calls = 0;
    const complete: typeof model.complete = (requests, options) => {
      if (++calls === call) stop();
      return model.complete(requests, options);
    };
    return { ...engine, learner: { ...engine.learner, model: async () => ({ ...model, complete }) } };
  };
}

describe('the miniature', () => {
  let whole: string;
  const wholeContext = commandContext();
  beforeAll(async () => {
    whole = await run('whole', { context: wholeContext });
  });

  test('trains every arm, evaluates it beside the backbone and writes its report', async () => {
    const out = whole;
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    expect(html).toContain('Masked-entity accuracy');
    expect(html).toContain('Question accuracy');
    expect(html).toContain('One training seed');
    const printed = wholeContext.lines.join('\n');
    for (const arm of ['base', 'MemTrain + QA', 'End-to-End']) expect(printed).toContain(arm);
    expect(printed).toMatch(/difference [+-]\d+\.\d points \(95 % interval/);
    expect(printed).toMatch(/Cost: MemTrain \+ QA 5 updates/);
    const evaluations = readJsonLines<{ arm: string; task: string; chunks: number; outcomes: number[] }[]>(
      join(out, 'evaluations.jsonl'),
    ).flat();
    const updates = readJsonLines<{ optimizerSteps: number }>(join(out, 'arms/seed-0/memtrain-qa/stage-1-memtrain/metrics.jsonl'));
    expect(updates.some(({ optimizerSteps }) => optimizerSteps > 0)).toBe(true);
    expect(evaluations).toHaveLength(3 * 2 * 2);
    expect(evaluations.every(({ outcomes }) => outcomes.length === 8)).toBe(true);
  });

  test('leaves the recall task out of End-to-End and question training', async () => {
    const out = whole;
    const objectives = (path: string): string[] =>
      Object.keys(readJsonLines<{ objectives: object }>(join(out, 'arms/seed-0', path, 'metrics.jsonl'))[0]!.objectives);
    expect(objectives('memtrain-qa/stage-1-memtrain')).toEqual(['E', 'I']);
    expect(objectives('memtrain-qa/stage-2-qa')).toEqual(['QA']);
    expect(objectives('end-to-end/stage-1-endToEnd')).toEqual(['E']);
  });

  test('keeps TensorBoard curves and sample trajectories of each stage', async () => {
    const out = whole;
    const stage = join(out, 'arms/seed-0/memtrain-qa/stage-1-memtrain');
    const scalars = readTensorboardScalars(readFileSync(join(stage, 'tensorboard/events.out.tfevents.0.memtrain')));
    expect(scalars.filter(({ tag }) => tag === 'train/reward').map(({ step }) => step)).toEqual([1, 2, 3]);
    const samples = readJsonLines<{ step: number; chunks: string[]; memories: string[] }>(join(stage, 'trajectories.jsonl'));
    expect(samples.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(samples[0]!.memories).toHaveLength(samples[0]!.chunks.length);
  });

  test('comes to the same numbers with the same seed', async () => {
    expect(results(await run('again'))).toEqual(results(whole));
  });

  // A model is called once a length and chunk: 16 times for the backbone, then 5 times for each of 3 updates, 4 times for each of 2, ...
  test.each([
    ['the first evaluation', 5],
    ['a first update', 18],
    ['recall', 26],
    ['the second stage', 38],
    ['an evaluation of an arm', 45],
    ['the second arm', 63],
  ])('stopped by Ctrl-C in %s says how to go on, and goes on to the same numbers', async (_where, step) => {
    const controller = new AbortController();
    const name = `stopped-${step}`;
    const context = commandContext(controller.signal);
    await expect(run(name, { context, open: stopping(name, step, () => controller.abort()) })).rejects.toMatchObject({
      code: 'interrupted',
      message: expect.stringMatching(/go on with: memtrain reproduce --scale smoke --out .* --resume/),
    });
    expect(existsSync(join(root, name, 'report.html'))).toBe(false);
    expect(results(await run(name, { resume: true }))).toEqual(results(whole));
  });

  test('goes on to the same numbers after a failure between two checkpoints', async () => {
    const fail = (): never => {
      throw new Error('power cut');
    };
    await expect(run('failed', { open: stopping('failed', 29, fail) })).rejects.toThrow('power cut');
    expect(results(await run('failed', { resume: true }))).toEqual(results(whole));
  });

  test('a finished run is not done again, only reported again', async () => {
    const out = await run('finished');
    const before = results(out);
    const untouched: OpenEngine = async () => {
      const engine = scriptedEngine(join(root, 'finished-engine'));
      return { ...engine, learner: { ...engine.learner, optimStep: () => Promise.reject(new Error('trained again')) } };
    };
    await run('finished', { resume: true, open: untouched });
    expect(results(out)).toEqual(before);
  });

  test('pools its seeds and shows each of them', async () => {
    const context = commandContext();
    await run('seeds', { context, scale: { ...scale, seeds: 2 } });
    expect(context.lines.join('\n')).toContain('End-to-End, seed 1');
  });

  test('refuses to go on with other settings, and to start in a used folder', async () => {
    await run('other');
    await expect(run('other', { resume: true, scale: { ...scale, worldSeed: 5 } })).rejects.toMatchObject({ code: 'other-config' });
    await expect(run('other')).rejects.toMatchObject({ code: 'run-exists' });
    mkdirSync(join(root, 'occupied', 'x'), { recursive: true });
    await expect(run('occupied')).rejects.toMatchObject({ code: 'run-exists' });
  });
});

test('every scale names its control among its arms', () => {
  for (const each of Object.values(miniatureScales)) expect(each.arms.map((arm) => arm.name)).toContain(each.control);
  expect(() => miniatureScale('toString')).toThrow(expect.objectContaining({ code: 'usage' }));
});
