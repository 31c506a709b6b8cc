import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { StepRecord, StepTiming } from '@memtrain/grpo';
import { runFiles } from '../src/run/run-folder.ts';
import { stepCurves } from '../src/run/step-curves.ts';
import { writeDocuments } from './support/documents.ts';
import { readEvents } from './support/read-events.ts';
import { runHere } from './support/run-main.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { tinyTraining } from './support/tiny-training.ts';

const root = temporaryFolder();
const out = join(root, 'run');

/** Every number that a reader of a run asks for, by its curve. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  'outcome rates': ['E/outcome', 'I/outcome', 'train/proxyAccuracy', 'train/recallAccuracy'],
  'coupled part': ['train/coupling'],
  'groups kept and dropped by kind': ['E/kept', 'E/dropped', 'I/kept', 'I/dropped'],
  'conversations and tokens': ['train/conversations', 'train/tokens'],
  clipping: ['train/clipped', 'train/clippedLow', 'train/clippedHigh'],
  KL: ['train/movedKl', 'train/referenceKl'],
  'entropy and gradient norm': ['train/entropy', 'train/gradientNorm'],
  'sampler against trainer': ['train/samplerMismatch', 'train/samplerMismatchLargest'],
  'lengths of replies and memories': ['E/replyTokens', 'I/replyTokens', 'rollout/meanMemoryTokens'],
  'cut ones': ['E/truncated', 'I/truncated', 'rollout/truncatedMemories'],
  'stop reasons': ['rollout/ends/answered', 'rollout/ends/no-answer', 'rollout/ends/length', 'rollout/recallEnds/answered'],
  'leak rate': ['rollout/leakRate'],
  'seconds by phase': ['seconds/rollout', 'seconds/logprobs', 'seconds/update'],
  'tokens a second': ['train/tokensPerSecond'],
  'cost so far': ['cost/promptTokens', 'cost/sampledTokens', 'cost/trainedTokens', 'cost/conversations', 'cost/seconds'],
};
const small = {
  ...tinyTraining,
  'objective.filter': 'none',
  'objective.kl': 0.01,
};

test('every number of an update is in the JSON lines, in TensorBoard and at trackio, also after a resume', async () => {
  const sent = new Map<number, Record<string, number>>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { kwargs } = JSON.parse(Buffer.concat(parts).toString()) as {
        kwargs: { logs: { step: number; metrics: Record<string, number> }[] };
      };
      for (const { step, metrics } of kwargs.logs) sent.set(step, metrics);
      response.end('{"data": null}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const documents = join(root, 'documents.jsonl');
    writeDocuments(documents, 4);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const from = ['train', '--documents', documents, '--out', out, '--trackio', url];
    const train = (steps: number, ...rest: string[]): string[] => [
      ...from,
      ...Object.entries({ ...small, steps }).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
      ...rest,
    ];
    expect((await runHere(train(2))).code).toBe(0);
    expect((await runHere(train(3, '--resume', '--allow-changes'))).code).toBe(0);
  } finally {
    server.closeAllConnections();
    server.close();
  }

  const lines = <T>(name: string): T[] =>
    readFileSync(join(out, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as T);
  const timings = lines<StepTiming>(runFiles.timing);
  let soFar = 0;
  const expected = lines<StepRecord>(runFiles.metrics).map((record, index) => {
    const timing = timings[index]!;
    soFar += timing.rollout + timing.logprobs + timing.update;
    return stepCurves(record, { ...timing, soFar });
  });
  expect(expected).toHaveLength(3);
  for (const curves of expected) {
    for (const [what, names] of Object.entries(wanted)) {
      for (const name of names) expect({ what, name, value: typeof curves[name] }).toEqual({ what, name, value: 'number' });
    }
  }
  for (const [index, curves] of expected.entries()) expect(sent.get(index + 1)).toEqual(curves);

  const drawn: Record<string, number>[] = [{}, {}, {}];
  for (const { step, tag, value } of readEvents(readFileSync(join(out, runFiles.tensorboard))).scalars) drawn[step - 1]![tag] = value;
  const rounded = expected.map((curves) => Object.fromEntries(Object.entries(curves).map(([tag, value]) => [tag, Math.fround(value)])));
  expect(drawn).toEqual(rounded);
}, 60_000);
