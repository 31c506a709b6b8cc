import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { BuildThreads } from '../src/build/build-threads.ts';
import type { AttemptedDocument, DocumentAttempt } from '../src/build/build-work.ts';
import { documentPaths, documentStage } from '../src/build/document-stage.ts';
import { openWorkFolder } from '../src/build/work-folder.ts';
import { passageStore } from '../src/passages/passage-store.ts';
import { temporaryFolder } from './support/tiny-dump.ts';

const facts = {
  answerType: 'other',
  foundBy: 'test',
  occurrences: 1,
  maskedPassages: 1,
  words: 1,
  tokens: 1,
  sameArticle: 0,
  beginning: '',
};

/** Every pivot has these answers; the seed says in which order they are tried. Later attempts are often ready sooner. */
function attempted({ pivot, seed, exclude }: DocumentAttempt, answers: number): AttemptedDocument {
  const all = Array.from({ length: answers }, (_, i) => `${pivot}-${(i + Math.abs(seed)) % answers}`);
  const answer = all.find((own) => !exclude.includes(own));
  if (answer === undefined) return { redrawn: { 'no-entity': 1 } };
  return { line: JSON.stringify({ answer, seed }), facts: { ...facts, answer } as AttemptedDocument['facts'] & object, redrawn: {} };
}

const folder = await temporaryFolder();
let runs = 0;

interface MakeOptions {
  readonly pivots: number;
  readonly ahead: number;
  readonly count: number;
  readonly answers: number;
  readonly at?: string;
  readonly onAttempt?: (seed: number) => void;
}

async function make(options: MakeOptions): Promise<string> {
  const { pivots, ahead, count, answers, at = `run-${runs++}`, onAttempt } = options;
  const work = await openWorkFolder(join(folder, at), 'a');
  const passages = passageStore(Array.from({ length: pivots }, () => ({ title: '', pageId: 1, revisionId: 1, text: '', links: [] })));
  const document: BuildThreads['document'] = async (attempts) => {
    await setTimeout(Math.abs(attempts[0]!.seed) % 4);
    for (const { seed } of attempts) onAttempt?.(seed);
    return attempts.map((own) => attempted(own, answers));
  };
  const threads = { ahead, document } as BuildThreads;
  const given = { count, seed: 5, related: 0, passages, work, threads, onProgress: () => {}, checkAborted: () => {} };
  const parts = await documentStage(given);
  return Buffer.concat(await Promise.all(documentPaths(work, parts).map((path) => readFile(path)))).toString();
}

describe('documentStage', () => {
  test.each([1, 2, 3, 8, 9, 24, 25, 60])('%i pivots give the same documents however many attempts are in flight', async (pivots) => {
    const given = { pivots, count: 4 * pivots, answers: 4 };
    const expected = await make({ ...given, ahead: 1 });
    expect(expected.trimEnd().split('\n')).toHaveLength(4 * pivots);
    for (const ahead of [2, 7, 8, 24]) expect(await make({ ...given, ahead })).toBe(expected);
  });

  test('a run after one that ended for want of entities ends at the same attempt', async () => {
    // The part on disk ends with a round: the next round alone tells that no pivot is left.
    const attempts: number[] = [];
    const given = { pivots: 8, ahead: 1, count: 33, answers: 4, at: 'again', onAttempt: (seed: number) => attempts.push(seed) };
    const error = { code: 'too-few-entities', message: expect.stringMatching(/only 32 of 33 documents/) };
    await expect(make(given)).rejects.toMatchObject(error);
    const first = attempts.splice(0);
    await expect(make(given)).rejects.toMatchObject(error);
    expect(attempts).toEqual(first.slice(32, 40));
    expect(first).toHaveLength(40);
  });
});
