import { describe, expect, test } from '@jest/globals';
import { AgentError, miniatureTemplate, read, readDocuments, readEvents } from '@memtrain/agent';
import type { ReadEvent } from '@memtrain/agent';
import { scriptedModel } from '@memtrain/policy/test';
import { partsOf, textOf, tokenizer } from './small-world.ts';

const copy = (_request: unknown, text: string): string => {
  const { memory, chunk = '' } = partsOf(text);
  return `${memory} ${chunk}`;
};
const miniature = { template: miniatureTemplate, problem: 'who is e1' };

describe('read', () => {
  test('reads a long text with a plain chat endpoint: no tokenizer, no ids', async () => {
    const model = scriptedModel((request) => {
      const text = textOf(request.prompt);
      if (text.includes('Your answer:')) return `So it is \\boxed{${/code is (\d+)/.exec(text)?.[1] ?? 'unknown'}}.`;
      return /code is \d+/.exec(text)?.[0] ?? 'nothing yet';
    });
    const filler = 'lorem ipsum dolor sit amet '.repeat(400);
    expect(await read(model, `${filler} The code is 4711. ${filler}`, { problem: 'What is the code?', chunkTokens: 400 })).toBe('4711');
    expect(model.requests.length).toBe(Math.ceil(4004 / 300) + 1);
  });

  test('gives the whole reply when no answer is marked', async () => {
    expect(
      await read(
        scriptedModel(() => ' I do not know. '),
        'a b',
        { problem: '?' },
      ),
    ).toBe('I do not know.');
  });

  test('yields each chunk, each memory and the answer, in order', async () => {
    const events: ReadEvent[] = [];
    const model = scriptedModel(copy, { tokenizer });
    for await (const event of readEvents(model, 'e1 w1 e2', { ...miniature, chunkTokens: 2 })) events.push(event);
    expect(events).toEqual([
      { kind: 'chunk', index: 0, total: 2, text: 'e1 w1' },
      { kind: 'memory', index: 0, total: 2, memory: 'e1 w1', finish: 'stop' },
      { kind: 'chunk', index: 1, total: 2, text: ' e2' },
      { kind: 'memory', index: 1, total: 2, memory: 'e1 w1 e2', finish: 'stop' },
      { kind: 'answer', answer: 'e1 w1 e2', text: 'e1 w1 e2', end: 'answered' },
    ]);
  });

  test('asks exactly what readDocuments asks', async () => {
    const one = scriptedModel(copy, { tokenizer });
    const many = scriptedModel(copy, { tokenizer });
    const chunks = ['e1 w1', 'e2'];
    await read(one, chunks, { ...miniature, memoryTokens: 9, answerTokens: 8, seed: 5 });
    await readDocuments(many, [{ id: 'x', chunks, problem: miniature.problem, seed: 5 }], {
      template: miniatureTemplate,
      memoryTokens: 9,
      answerTokens: 8,
    });
    expect(one.requests).toEqual(many.requests);
  });

  test('a failed call throws, says where, and keeps the cause', async () => {
    const cause = new Error('502');
    const error: unknown = await read(scriptedModel(['w1', cause], { tokenizer }), ['w0', 'w0'], miniature).catch(
      (thrown: unknown) => thrown,
    );
    expect(AgentError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: 'model-failed', message: 'the model failed at chunk 2 of 2: 502', cause });
  });

  test('refuses bad sizes', async () => {
    await expect(
      read(
        scriptedModel(() => ''),
        'a',
        { problem: '?', chunkTokens: 0 },
      ),
    ).rejects.toThrow('chunkTokens is 0');
  });
});
