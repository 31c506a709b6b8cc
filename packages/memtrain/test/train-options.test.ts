import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { StepRecord } from '@memtrain/grpo';
import { writeDocuments } from './support/documents.ts';
import { runHere } from './support/run-main.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { tinyTraining } from './support/tiny-training.ts';

const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);
const documents = at('documents.jsonl');
writeDocuments(documents, 4);

const train = (out: string, changes: Record<string, string | number>, ...rest: string[]): string[] => [
  'train',
  '--documents',
  documents,
  '--out',
  at(out),
  ...Object.entries({ ...tinyTraining, ...changes }).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  ...rest,
];
const recordsOf = (out: string): StepRecord[] =>
  readFileSync(at(out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StepRecord);

describe('a reward of your own', () => {
  test('named by module path, takes the place of equation 2; its metrics are in the record', async () => {
    const file = at('length-reward.mjs');
    writeFileSync(
      file,
      'export default ({ answerText }) => ({ reward: answerText.length / 100, metrics: { letters: answerText.length } });\n',
    );
    const { code, stderr } = await runHere(train('custom', { steps: 1, 'objective.reward': file, 'objective.filter': 'variance' }));
    expect({ code, stderr: stderr.replace(/^training.*\n/gm, '') }).toMatchObject({ code: 0 });
    const [record] = recordsOf('custom');
    const { custom } = record!.rollout as { custom: { letters: number } };
    expect(custom.letters).toBeGreaterThan(0);
    expect(record!.objectives['E']!.reward).toBeCloseTo(custom.letters / 100, 9);
    expect(record!.objectives['E']!.outcome).toBe(0); // The verdict on the answer is not the reward's to change.
  });

  test('that throws ends the run with the trajectory it failed on, and nothing counts as zero', async () => {
    const file = at('broken-reward.mjs');
    writeFileSync(file, 'export const broken = () => { throw new Error("no such field"); };\n');
    const { code, stderr } = await runHere(train('broken', { steps: 1, 'objective.reward': `${file}#broken` }));
    expect(code).toBe(1);
    expect(stderr).toMatch(/the reward of trajectory E\/0\/.* failed: no such field/);
    expect(readFileSync(at('broken', 'metrics.jsonl'), 'utf8')).toBe('');
  });

  test('that changed, or a file that it imports, is refused by a resumed run, which names it, unless changes are allowed', async () => {
    const weights = at('weights.mjs');
    const file = at('weighted-reward.mjs');
    writeFileSync(weights, 'export const weight = 2;\n');
    writeFileSync(file, "import { weight } from './weights.mjs';\nexport default ({ answerText }) => answerText.length * weight;\n");
    const own = { steps: 1, 'objective.reward': file, 'objective.filter': 'none' };
    expect((await runHere(train('weighted', own))).code).toBe(0);
    const trained = readFileSync(at('weighted', 'metrics.jsonl'), 'utf8');
    writeFileSync(weights, 'export const weight = 3;\n');
    expect(await runHere(train('weighted', own, '--resume'))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/\(rewardFiles\.weights\.mjs: "sha256 \w{64}" -> "sha256 \w{64}"\): .*, or add --allow-changes/),
    });
    expect(readFileSync(at('weighted', 'metrics.jsonl'), 'utf8')).toBe(trained);
    const longer = { ...own, steps: 2 };
    expect((await runHere(train('weighted', longer, '--resume', '--allow-changes'))).code).toBe(0);
    // What was allowed is the run's from its next checkpoint on.
    expect((await runHere(train('weighted', longer, '--resume'))).code).toBe(0);
  });

  test('whose module is not there is refused before anything is trained', async () => {
    for (const rest of [[], ['--dry-run']]) {
      const { code, stderr } = await runHere(train('missing', { 'objective.reward': at('nowhere.mjs') }, ...rest));
      expect(code).toBe(1);
      expect(stderr).toMatch(/the reward module .*nowhere\.mjs cannot be loaded/);
      expect(existsSync(at('missing'))).toBe(false);
    }
  });
});

describe('low-rank adapters', () => {
  const lora = { 'model.lora.rank': 2, 'objective.kl': 0.001, 'objective.filter': 'none', steps: 2, 'agent.layout': 'chunk-first' };

  test('are what a run trains and saves; the reference is the model without them; the run can be resumed and scored', async () => {
    expect((await runHere(train('lora', { ...lora, steps: 1 }))).code).toBe(0);
    const checkpoint = at('lora', 'checkpoints', 'step-000001', 'learner');
    expect(readdirSync(checkpoint)).toEqual(expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors']));
    expect(existsSync(join(checkpoint, 'model.safetensors'))).toBe(false);
    const [first] = recordsOf('lora');
    expect(first!.referenceKl).toBeCloseTo(0, 9); // Fresh adapters change nothing.

    const input = at('texts.jsonl');
    writeFileSync(input, '{"tokens": [1, 2, 3, 4]}\n');
    expect((await runHere(['score', '--model', at('lora'), '--in', input, '--out', at('scores.jsonl')])).code).toBe(0);
    expect((JSON.parse(readFileSync(at('scores.jsonl'), 'utf8')) as { logprobs: number[] }).logprobs).toHaveLength(3);
  });
});

describe('the sampler', () => {
  test('recomputed log-probabilities with truncated importance weights, and recall targets that stand once, are trained with', async () => {
    const changes = { 'sampler.recomputeLogprobs': 'true', 'sampler.correctionCap': 2, 'objective.preferUnrepeated': 'true', steps: 1 };
    expect((await runHere(train('corrected', { ...changes, 'objective.filter': 'none' }))).code).toBe(0);
    const [record] = recordsOf('corrected');
    expect(record!.samplerMismatch!.largest).toBeLessThan(1e-3);
  });

  test.each([
    ['sampler.correctionCap', 2, 'set "sampler.recomputeLogprobs" too'],
    ['objective.aggregation', 'constant', 'set both or neither'],
    ['objective.constantLength', 9, 'set both or neither'],
  ])('%s alone is refused', async (key, value, message) => {
    const { code, stderr } = await runHere(train('refused', { [key]: value }));
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
  });
});

describe('alarms', () => {
  const touchy = {
    steps: 1,
    'objective.filter': 'none',
    'sampler.recomputeLogprobs': 'true',
    'alarmThresholds.samplerMismatchAbove': 0,
    'alarmThresholds.truncatedAbove': 'false',
  };

  test('are printed as they come; "stop" ends the run and says where the batch is', async () => {
    const alarm = /samplerMismatchAbove: \d[\d.e-]*, threshold 0/;
    const warned = await runHere(train('warned', touchy));
    expect(warned.code).toBe(0);
    expect(warned.stdout).toMatch(new RegExp(`^warning: update 1: ${alarm.source}$`, 'm'));
    expect(recordsOf('warned')[0]!.alarms).toEqual([expect.objectContaining({ name: 'samplerMismatchAbove', threshold: 0 })]);
    const { code, stderr } = await runHere(train('stopped', { ...touchy, alarms: 'stop' }));
    expect({ code, stderr: stderr.replace(/^training.*\n/gm, '') }).toEqual({ code: 1, stderr: expect.stringMatching(alarm) });
    expect(readdirSync(at('stopped', 'bad-batches'))).toEqual(['step-000001.jsonl']);
    expect(stderr).toContain('step-000001.jsonl');
  });
});

test('an executor that is not there is an error that says why', async () => {
  const { code, stderr } = await runHere(train('other', { 'model.executor': 'quantum' }));
  expect(code).toBe(1);
  expect(stderr).toMatch(/give one of "onnxruntime".*"tensorflow", "wasm", "cpu"/);
});
