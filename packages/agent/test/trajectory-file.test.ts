import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readDocuments, rolloutMemTrain, searchQuestions, TrajectoryFile } from '@memtrain/agent';
import type { ReadDocumentsOptions, ReadItem, RolloutMemTrainOptions, SearchTrajectory, Trajectory } from '@memtrain/agent';
import type { Model } from '@memtrain/policy';
import { scriptedModel } from '@memtrain/policy/test';
import type { Script } from '@memtrain/policy/test';
import { entitiesOf, partsOf, tokenizer } from './small-world.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'memtrain-agent-'));
  path = join(folder, 'deep', 'trajectories.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const items: ReadItem[] = Array.from({ length: 12 }, (_, index) => {
  return { id: `d${index}`, chunks: [`w${index % 5}`, 'e2 w3'], problem: 'who is e1', seed: index };
});
const options = { template: 'miniature', memoryTokens: 6, answerTokens: 3, mode: 'continuous', concurrency: 3 } as const;
const say: Script = (request, text) => `e${Math.abs(request.seed) % 20} ${partsOf(text).chunk?.split(' ')[0] ?? ''}`;
const model = (script = say): Model & { requests: unknown[] } => scriptedModel(script, { tokenizer, logprob: -0.123 });

const readTo = async (file: string, with_: Model, more: Partial<ReadDocumentsOptions> = {}): Promise<Trajectory[]> => {
  const kept = new TrajectoryFile(file);
  try {
    return await readDocuments(with_, items, { ...options, ...more, file: kept });
  } finally {
    kept.close();
  }
};
const linesOf = (file: string): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);

describe('TrajectoryFile', () => {
  test('a stopped run goes on where it was, with the same results as one that was never stopped', async () => {
    const whole = await readDocuments(model(), items, options);
    const controller = new AbortController();
    const stopped = model((request, text, call) => {
      if (call === 17) controller.abort(new Error('stopped'));
      return say(request, text, call);
    });
    await expect(readTo(path, stopped, { signal: controller.signal })).rejects.toThrow('stopped');
    const done = linesOf(path).length;
    expect(done).toBeGreaterThan(2);
    expect(done).toBeLessThan(items.length);
    const rest = model();
    const progress: string[] = [];
    const resumed = await readTo(path, rest, { onProgress: (at, total) => progress.push(`${at}/${total}`) });
    expect(resumed).toEqual(whole);
    expect(rest.requests).toHaveLength(3 * (items.length - done));
    expect([progress[0], progress.at(-1)]).toEqual([`${3 * done}/36`, '36/36']);
    const again = model();
    expect(await readTo(path, again)).toEqual(whole);
    expect(again.requests).toHaveLength(0);
  });

  test('the same open file serves run after run', async () => {
    const kept = new TrajectoryFile(path);
    const whole = await readDocuments(model(), items, { ...options, file: kept });
    const again = model();
    expect(await readDocuments(again, items, { ...options, file: kept })).toEqual(whole);
    expect(again.requests).toHaveLength(0);
    expect(linesOf(path)).toHaveLength(items.length);
    kept.append('d0', 'other', { end: 'é東🗼' });
    expect(kept.find('d0', 'other')).toEqual({ end: 'é東🗼' });
    kept.close();
    const reopened = new TrajectoryFile(path);
    expect(reopened.find('d0', 'other')).toEqual({ end: 'é東🗼' });
    reopened.close();
  });

  test('a last line that was torn by a crash, at any byte, is cut off and made again', async () => {
    const whole = await readTo(path, model());
    const content = readFileSync(path);
    const last = content.lastIndexOf(10, content.length - 2) + 1;
    for (const at of [last, last + 1, Math.floor((last + content.length) / 2), content.length - 1]) {
      writeFileSync(path, content.subarray(0, at));
      const rest = model();
      expect(await readTo(path, rest)).toEqual(whole);
      expect(rest.requests).toHaveLength(3);
      expect(
        linesOf(path)
          .map((line) => (JSON.parse(line) as { id: string }).id)
          .toSorted(),
      ).toEqual(items.map(({ id }) => id).toSorted());
    }
  });

  test('failed calls are records in the file, and are tried again on resume', async () => {
    const failing = model((request, text, call) => (text.includes('w3 <upd>') && call < 9 ? new Error('busy') : say(request, text, call)));
    const first = await readTo(path, failing);
    const failed = first.filter(({ end }) => end === 'model-error').length;
    expect(failed).toBeGreaterThan(0);
    expect(linesOf(path)).toHaveLength(items.length);
    expect(linesOf(path).filter((line) => line.includes('"error":"busy"'))).toHaveLength(failed);
    expect(await readTo(path, model())).toEqual(await readDocuments(model(), items, options));
  });

  test('what was made from another text, or with other options, is not taken for this run', async () => {
    await readTo(path, model());
    await expect(readTo(path, model(), { memoryTokens: 7 })).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('made from another text or with other options'),
    });
    await expect(readTo(path, model(), { memoryParser: 'whole' })).rejects.toThrow('other options');
    const other = new TrajectoryFile(path);
    const changed = [{ ...items[0]!, chunks: ['w9'] }];
    await expect(readDocuments(model(), changed, { ...options, file: other })).rejects.toThrow('other options');
    const twice = [items[0]!, items[0]!];
    await expect(readDocuments(model(), twice, { ...options, file: other })).rejects.toThrow('the id d0 is given twice');
    other.close();
  });

  test('a line that is no record is named', async () => {
    await readTo(path, model());
    appendFileSync(path, '{"id": 1}\n');
    await expect(readTo(path, model())).rejects.toThrow(`line 13 of ${path} is not a trajectory`);
  });

  test('searches are kept and resumed too; a retriever that failed is asked again', async () => {
    const questions = ['Anna', 'Bert', 'down'].map((question, seed) => ({ id: question, question, seed }));
    const answerer = (): Model & { requests: unknown[] } =>
      scriptedModel((_request, text) =>
        text.includes('[HINT]') ? '<answer>Rome</answer>' : `<search>${/Question: (\w+)/.exec(text)![1]}</search>`,
      );
    const run = async (with_: Model, down: boolean): Promise<SearchTrajectory[]> => {
      const kept = new TrajectoryFile(path);
      const retriever = (query: string): { text: string }[] => {
        if (down && query === 'down') throw new Error('index gone');
        return [{ text: `${query} was born in Rome.` }];
      };
      return await searchQuestions(with_, questions, { retriever, file: kept }).finally(() => kept.close());
    };
    expect((await run(answerer(), true)).map(({ end }) => end)).toEqual(['answered', 'answered', 'retriever-error']);
    const rest = answerer();
    const whole = await run(rest, false);
    expect(whole.map(({ end, turns }) => [end, turns.length])).toEqual(Array.from({ length: 3 }, () => ['answered', 2]));
    expect(rest.requests).toHaveLength(2);
    expect(await run(answerer(), true)).toEqual(whole);
  });

  test('a whole rollout, recalls included, resumes from one file', async () => {
    const rollout: RolloutMemTrainOptions = {
      ...options,
      seed: 1,
      trajectories: 2,
      recallSamples: 2,
      entitiesOf,
      rewards: { recall: () => 1, endToEnd: (_answer, _gold, recalls) => ({ reward: recalls.length, outcome: 1 }) },
    };
    const documents = [{ id: 'a', chunks: ['e1 w1', 'e2 w2', 'e3'], gold: ['e9'] }];
    const whole = await rolloutMemTrain(model(), documents, rollout);
    const controller = new AbortController();
    const stopped = model((request, text, call) => {
      if (call === 10) controller.abort(new Error('stopped'));
      return say(request, text, call);
    });
    const first = new TrajectoryFile(path);
    const run = rolloutMemTrain(stopped, documents, { ...rollout, concurrency: 1, file: first, signal: controller.signal });
    await expect(run).rejects.toThrow('stopped');
    first.close();
    expect(linesOf(path).length).toBeGreaterThan(2);
    const second = new TrajectoryFile(path);
    const rest = model();
    expect(await rolloutMemTrain(rest, documents, { ...rollout, file: second })).toEqual(whole);
    second.close();
    expect(rest.requests.length).toBeLessThan(4);
  });
});
