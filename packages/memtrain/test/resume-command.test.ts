import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { StepRecord } from '@memtrain/grpo';
import { writeDocuments } from './support/documents.ts';
import { runHere, runMain } from './support/run-main.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { tinyTraining } from './support/tiny-training.ts';
import { until } from './support/until.ts';

const root = temporaryFolder();
const documents = join(root, 'documents.jsonl');
writeDocuments(documents, 5);
// Pays for length, so that there is something to learn from.
const reward = join(root, 'reward.mjs');
writeFileSync(
  reward,
  'export default ({ answerText }) => ({ reward: answerText.length / 10, metrics: { letters: answerText.length } });\n',
);

const settings = {
  ...tinyTraining,
  steps: 4,
  checkpointEvery: 2,
  documentsPerStep: 1,
  minibatches: 2,
  'objective.reward': reward,
  'objective.filter': 'variance',
  'objective.kl': 0.01,
  'objective.refreshReferenceEvery': 2,
  'optimizer.learningRate': 0.01,
  'optimizer.schedule': 'cosine',
  'refill.groups': 6,
  'refill.attempts': 1,
};
const train = (out: string, ...rest: string[]): string[] => [
  'train',
  '--documents',
  documents,
  '--out',
  join(root, out),
  ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  ...rest,
];
const linesOf = (out: string, name = 'metrics.jsonl'): string[] =>
  readFileSync(join(root, out, name), 'utf8')
    .trimEnd()
    .split('\n');

/** Bytes of a run that must not depend on how often it was stopped. */
function bytesOf(out: string): Record<string, string> {
  const learner = join(root, out, 'checkpoints', 'step-000004', 'learner');
  const files = readdirSync(learner).map((name) => [name, readFileSync(join(learner, name)).toString('hex')] as const);
  const trajectories = linesOf(out, 'trajectories.jsonl').join('\n');
  return { ...Object.fromEntries(files), metrics: linesOf(out).join('\n'), trajectories };
}

test('a training run killed by SIGKILL at any instant, and resumed, ends with the same metrics, trajectories, weights and moments', async () => {
  expect((await runHere(train('whole'))).code).toBe(0);
  const records = linesOf('whole').map((line) => JSON.parse(line) as StepRecord);
  expect(records.some(({ skipped }) => !skipped)).toBe(true);
  expect(records.some(({ refills }) => refills.length > 0)).toBe(true);
  expect(readdirSync(join(root, 'whole', 'checkpoints', 'step-000004', 'learner'))).toContain('optimizer.safetensors');

  const killed = await runMain(train('killed'), (child) => {
    const metrics = join(root, 'killed', 'metrics.jsonl');
    // Three updates are recorded, the third of them in no checkpoint yet.
    void until(() => existsSync(metrics) && linesOf('killed').length >= 3).then(() => child.kill('SIGKILL'));
  });
  expect(killed.code).toBeNull();
  expect((await runHere(train('killed', '--resume'))).code).toBe(0);
  expect(bytesOf('killed')).toEqual(bytesOf('whole'));
});
