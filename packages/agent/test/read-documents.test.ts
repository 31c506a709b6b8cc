import { describe, expect, test } from '@jest/globals';
import { AgentError, memAgentTemplate, miniatureTemplate, readDocuments } from '@memtrain/agent';
import type { ReadItem } from '@memtrain/agent';
import type { Model } from '@memtrain/policy';
import { scriptedModel } from '@memtrain/policy/test';
import fc from 'fast-check';
import { partsOf, textOf, tokenizer, vocabulary } from './small-world.ts';

const options = { template: miniatureTemplate, memoryTokens: 50, answerTokens: 50 };
const item = (id: string, chunks: readonly string[], seed = 1): ReadItem => ({ id, chunks, problem: 'who is e1', seed });
const copier = scriptedModel(
  (_request, text) => {
    const { memory, chunk = '' } = partsOf(text);
    return `${memory} ${chunk}`;
  },
  { tokenizer },
);

describe('readDocuments', () => {
  test('a model that copies everything holds the whole text at the end', async () => {
    const [read] = await readDocuments(copier, [item('a', ['e1 w1', 'e2', 'w3 e4'])], options);
    expect(read).toMatchObject({ id: 'a', memories: ['e1 w1', 'e1 w1 e2', 'e1 w1 e2 w3 e4'], answer: 'e1 w1 e2 w3 e4', end: 'answered' });
    expect(read!.conversations.map(({ prompt }) => tokenizer.decode(prompt))).toEqual([
      '<q> who is e1 <mem> <chk> e1 w1 <upd>',
      '<q> who is e1 <mem> e1 w1 <chk> e2 <upd>',
      '<q> who is e1 <mem> e1 w1 e2 <chk> w3 e4 <upd>',
      '<q> who is e1 <mem> e1 w1 e2 w3 e4 <ans>',
    ]);
  });

  test('the memory at t depends on the memory at t-1 and chunk t alone, and T = chunks + 1', async () => {
    const chunk = fc.array(fc.constantFrom(...vocabulary), { minLength: 1, maxLength: 3 }).map((list) => list.join(' '));
    const documents = fc.array(fc.array(chunk, { maxLength: 5 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(documents, async (texts) => {
        // Says the chunk's first word and the memory's first two: a function of the prompt.
        const model = scriptedModel(
          (_request, text) => {
            const { memory, chunk: shown = '' } = partsOf(text);
            return [shown.split(' ')[0], ...memory.split(' ').slice(0, 2)].join(' ');
          },
          { tokenizer },
        );
        const read = await readDocuments(
          model,
          texts.map((chunks, index) => item(`${index}`, chunks)),
          options,
        );
        for (const [index, { memories, conversations }] of read.entries()) {
          const chunks = texts[index]!;
          expect(memories).toHaveLength(chunks.length);
          expect(conversations).toHaveLength(chunks.length + 1);
          for (const [t, { prompt }] of conversations.entries()) {
            const { memory, chunk: shown, kind } = partsOf(tokenizer.decode(prompt));
            expect(memory).toBe(memories[t - 1] ?? '');
            expect(shown).toBe(chunks[t]);
            expect(kind).toBe(t === chunks.length ? 'answer' : 'update');
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('each step of all trajectories is one call, whatever their lengths', async () => {
    const calls: number[] = [];
    const model: Model = {
      tokenizer,
      complete(requests, sampling) {
        calls.push(requests.length);
        return copier.complete(requests, sampling);
      },
    };
    const progress: string[] = [];
    await readDocuments(model, [item('a', ['w1', 'w2', 'w3']), item('b', ['w1']), item('c', [])], {
      ...options,
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    });
    expect(calls).toEqual([3, 2, 1, 1]);
    expect(progress).toEqual(['1/7', '2/7', '3/7', '4/7', '5/7', '6/7', '7/7']);
  });

  test('every request has its own seed, derived from the trajectory alone', async () => {
    const seedsOf = async (items: ReadItem[]): Promise<number[]> => {
      const model = scriptedModel(() => 'w0', { tokenizer });
      await readDocuments(model, items, options);
      return model.requests.map(({ seed }) => seed);
    };
    const alone = await seedsOf([item('a', ['w1', 'w2'], 7)]);
    expect(new Set(alone).size).toBe(3);
    expect(await seedsOf([item('b', ['w3', 'w4'], 7)])).toEqual(alone);
    expect(await seedsOf([item('a', ['w1', 'w2'], 8)])).not.toEqual(alone);
  });

  test('a failed call ends its trajectory and no other', async () => {
    const model = scriptedModel((_request, text) => (/w9/.test(text) ? new Error('out of memory') : 'e5'), { tokenizer });
    const done: number[] = [];
    const [good, bad] = await readDocuments(model, [item('good', ['w1', 'w2', 'w3']), item('bad', ['w1', 'w9', 'w3'])], {
      ...options,
      onProgress: (steps) => done.push(steps),
    });
    expect(good).toMatchObject({ end: 'answered', answer: 'e5' });
    expect(bad).toMatchObject({ end: 'model-error', memories: ['e5'], answerText: '', error: new Error('out of memory') });
    expect(bad!.conversations).toHaveLength(1);
    expect(bad!.answer).toBeUndefined();
    expect(done.at(-1)).toBe(8);
  });

  test('a call that throws, or leaves a request out, is a record too', async () => {
    const throwing: Model = {
      async *complete() {
        yield { index: 0, text: 'w1', finish: 'stop' as const };
        throw new Error('connection lost');
      },
    };
    const [first, second] = await readDocuments(throwing, [item('a', []), item('b', [])], options);
    expect(first).toMatchObject({ end: 'answered', answer: 'w1', conversations: [] });
    expect(second).toMatchObject({ end: 'model-error', error: new Error('connection lost') });
    const silent: Model = { async *complete() {} };
    const [unanswered] = await readDocuments(silent, [item('a', [])], options);
    expect(unanswered!.error?.message).toBe('the model gave no result for request 1 of 1');
  });

  test('how a reading ended: a cut memory is counted, a cut answer counts when it holds an answer', async () => {
    const script = scriptedModel((_request, text) => (partsOf(text).kind === 'update' ? 'w1 w2 w3 w4' : 'e1 e2'), { tokenizer });
    const [cut] = await readDocuments(script, [item('a', ['w0', 'w0'])], { ...options, memoryTokens: 3, answerTokens: 1 });
    expect(cut).toMatchObject({ truncatedMemories: 2, memories: ['w1 w2 w3', 'w1 w2 w3'], answer: 'e1', end: 'answered' });
    const [empty] = await readDocuments(
      scriptedModel(() => '', { tokenizer }),
      [item('a', ['w0'])],
      options,
    );
    expect(empty).toMatchObject({ end: 'no-answer', truncatedMemories: 0 });
    const unboxed = { ...miniatureTemplate, parseAnswer: () => undefined };
    const [long] = await readDocuments(script, [item('a', [])], { ...options, template: unboxed, answerTokens: 1 });
    expect(long).toMatchObject({ end: 'length', answerText: 'e1' });
  });

  test('refuses what cannot work before any call is made', async () => {
    const model = scriptedModel(() => 'w0', { tokenizer });
    for (const wrong of [{ memoryTokens: 0 }, { answerTokens: 1.5 }, { temperature: -1 }, { template: memAgentTemplate }]) {
      await expect(readDocuments(model, [item('a', ['w0'])], { ...options, ...wrong })).rejects.toThrow(AgentError);
    }
    expect(model.requests).toHaveLength(0);
  });

  test('an aborted signal throws its reason instead of making failed records', async () => {
    const controller = new AbortController();
    const model = scriptedModel(
      () => {
        controller.abort(new Error('stopped by the user'));
        return 'w0';
      },
      { tokenizer },
    );
    const run = readDocuments(model, [item('a', ['w0', 'w1'])], { ...options, signal: controller.signal });
    await expect(run).rejects.toThrow('stopped by the user');
    expect(model.requests).toHaveLength(1);
  });

  test("an error of the progress function is not taken for the model's", async () => {
    const run = readDocuments(copier, [item('a', ['w0'])], {
      ...options,
      onProgress: () => {
        throw new Error('bar broken');
      },
    });
    await expect(run).rejects.toThrow('bar broken');
  });

  test('a chat template sends one user message', async () => {
    const model = scriptedModel(() => '\\boxed{e1}');
    const [read] = await readDocuments(model, [item('a', ['w0'])], { ...options, template: memAgentTemplate });
    expect(read).toMatchObject({ answer: 'e1', conversations: [], end: 'answered' });
    expect(model.requests.map(({ prompt }) => prompt)).toEqual([
      [{ role: 'user', content: expect.stringContaining('<section>\nw0\n</section>') }],
      [{ role: 'user', content: expect.stringContaining('Your answer:') }],
    ]);
    expect(textOf(model.requests[0]!.prompt)).toContain('No previous memory');
  });
});
