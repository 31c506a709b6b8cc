import { describe, expect, test } from '@jest/globals';
import { memAgentTemplate, miniatureTemplate, read, readDocuments, readEvents, textTemplate } from '@memtrain/agent';
import type { ReadDocumentsOptions, Trajectory } from '@memtrain/agent';
import type { Tokenizer } from '@memtrain/policy';
import { scriptedModel } from '@memtrain/policy/test';
import { partsOf, textOf, tokenizer } from './small-world.ts';

const base: ReadDocumentsOptions = { template: 'miniature', memoryTokens: 3, answerTokens: 2 };
const item = (id: string, chunks: readonly string[]) => ({ id, chunks, problem: 'who is e1', seed: 1 });
const readOne = async (
  replies: readonly (string | Error)[],
  chunks: readonly string[],
  more: Partial<ReadDocumentsOptions>,
): Promise<{ trajectory: Trajectory; prompts: string[] }> => {
  const model = scriptedModel(replies, { tokenizer });
  const [trajectory] = await readDocuments(model, [item('a', chunks)], { ...base, ...more });
  return { trajectory: trajectory!, prompts: model.requests.map(({ prompt }) => textOf(prompt)) };
};

describe('layout', () => {
  test('chunk-first puts the memory last, so that a group shares all but the memory', async () => {
    const prefix = (texts: readonly string[]): number => {
      let length = 0;
      while (texts.every((text) => text[length] === texts[0]![length] && length < text.length)) length++;
      return length;
    };
    const ask = (layout: 'memory-first' | 'chunk-first'): Promise<string[]> =>
      Promise.all(
        ['w1', 'e9 w4'].map(async (memory) => {
          const model = scriptedModel(() => memory);
          await readDocuments(model, [item('a', ['e1 e2', 'e3 '.repeat(200)])], { ...base, template: 'memagent', layout });
          return textOf(model.requests[1]!.prompt);
        }),
      );
    const [memoryFirst, chunkFirst] = [await ask('memory-first'), await ask('chunk-first')];
    expect(prefix(chunkFirst) / chunkFirst[0]!.length).toBeGreaterThan(0.95);
    expect(prefix(memoryFirst) / memoryFirst[0]!.length).toBeLessThan(0.5);
    expect(chunkFirst[0]!.length).toBe(memoryFirst[0]!.length);
    const { prompts } = await readOne(['w1', 'w2'], ['e1'], { layout: 'chunk-first', firstMemory: 'w0' });
    expect(prompts).toEqual(['<q> who is e1 <chk> e1 <mem> w0 <upd>', '<q> who is e1 <mem> w1 <ans>']);
  });

  test('a template without it is refused', async () => {
    const { updateChunkFirst: _none, ...old } = miniatureTemplate;
    await expect(readOne([], [], { template: old, layout: 'chunk-first' })).rejects.toThrow('has no chunk-first layout');
  });
});

describe('a memory that is cut or empty', () => {
  test.each([
    ['keep', ['w1', 'w2 w3 w4', ''], 'answered'],
    ['previous', ['w1', 'w1', 'w1'], 'answered'],
    ['fail', ['w1'], 'bad-memory'],
  ] as const)('%s', async (rule, memories, end) => {
    const rules = { truncatedMemory: rule, emptyMemory: rule };
    const { trajectory } = await readOne(['w1', 'w2 w3 w4 w5', ' ', 'e1'], ['w0', 'w0', 'w0'], rules);
    expect(trajectory).toMatchObject({ memories, end, truncatedMemories: 1 });
    // What the model said is kept for training, whatever becomes of it.
    expect(trajectory.conversations).toHaveLength(rule === 'fail' ? 2 : 4);
    expect(trajectory.error).toBeUndefined();
  });

  test('read says which memory, and what to do', async () => {
    const model = scriptedModel(() => '', { tokenizer });
    await expect(read(model, ['w0'], { ...base, problem: 'who', emptyMemory: 'fail' })).rejects.toMatchObject({
      code: 'bad-memory',
      message: 'the memory after chunk 1 of 1 is empty: set emptyMemory to "keep" or "previous"',
    });
  });
});

describe('the memory parser', () => {
  test.each([
    ['whole', '<think>plan</think> fact'],
    ['after-think', 'fact'],
    [(text: string) => text.toUpperCase(), '<THINK>PLAN</THINK> FACT '],
  ] as const)('%s', async (memoryParser, memory) => {
    const model = scriptedModel(() => '<think>plan</think> fact ');
    const [trajectory] = await readDocuments(model, [item('a', ['x'])], { ...base, template: 'memagent', memoryParser });
    expect(trajectory!.memories).toEqual([memory]);
  });

  test('thinking that never ends is no memory', async () => {
    const model = scriptedModel(() => '<think>on and on');
    const [trajectory] = await readDocuments(model, [item('a', ['x'])], { ...base, template: 'memagent', emptyMemory: 'fail' });
    expect(trajectory).toMatchObject({ end: 'bad-memory', memories: [] });
  });

  test("one that throws ends its own trajectory, and nobody else's", async () => {
    const model = scriptedModel((_request, text) => (partsOf(text).chunk === 'w9' ? 'w9' : 'e1'), { tokenizer });
    const memoryParser = (text: string): string => {
      if (text === 'w9') throw new Error('cannot parse');
      return text;
    };
    const readings = await readDocuments(model, [item('good', ['w1']), item('bad', ['w9'])], { ...base, memoryParser });
    expect(readings.map(({ end, error }) => [end, error?.message])).toEqual([
      ['answered', undefined],
      ['template-error', 'cannot parse'],
    ]);
  });
});

describe('templates', () => {
  test('by name, or out of texts; text that looks like a placeholder stays', async () => {
    const own = textTemplate({
      name: 'own',
      update: 'P {problem} M {memory} C {chunk}',
      answer: 'A {problem} {memory} \\boxed{}',
      chat: false,
    });
    const model = scriptedModel(['{chunk} $&', 'so \\boxed{x}']);
    const [trajectory] = await readDocuments(model, [item('a', ['{memory}'])], { ...base, template: own });
    expect(trajectory).toMatchObject({ answer: 'x', memories: ['{chunk} $&'] });
    expect(model.requests.map(({ prompt }) => prompt)).toEqual([
      'P who is e1 M No previous memory C {memory}',
      'A who is e1 {chunk} $& \\boxed{}',
    ]);
    expect(own.recall({ memory: 'M', chunk: 'C' })).toBe(memAgentTemplate.recall({ memory: 'M', chunk: 'C' }));
    expect(() => textTemplate({ name: 'own', update: '{problem} {chunk}', answer: '' })).toThrow('no {memory} in "update"');
    await expect(readOne([], [], { template: 'other' as 'memagent' })).rejects.toThrow('there is no template "other"');
  });
});

describe('the context', () => {
  // Four tokens of markup for a chat, as a template would add.
  const chat: Tokenizer = {
    vocabularySize: 256,
    endIds: [0],
    padId: 0,
    encode: (text) => Int32Array.from(text.split(/\s+/).filter(Boolean), () => 1),
    decode: (ids) => 'x '.repeat(ids.length).trim(),
    encodeChat: (messages) => new Int32Array(4 + messages.flatMap(({ content }) => content.split(/\s+/).filter(Boolean)).length).fill(1),
  };
  const words = (text: string): number => text.split(/\s+/).filter(Boolean).length;

  test('template, chat markup and all budgets are counted, and the sum is in the message', async () => {
    const model = scriptedModel(() => 'x', { tokenizer: chat });
    const problem = 'who is it';
    const fixed = 4 + words(memAgentTemplate.update({ problem, memory: '', chunk: '' }));
    const options = { problem, chunkTokens: 100, memoryTokens: 20, answerTokens: 10 };
    const need = fixed + 100 + 20 + 20;
    await expect(read(model, 'x', { ...options, contextTokens: need - 1 })).rejects.toMatchObject({
      code: 'bad-options',
      message: expect.stringContaining(
        `an update needs ${need} tokens = ${fixed} (template and problem) + 100 (chunk) + 20 (memory) + 20 (new memory), ` +
          `but the context is ${need - 1}`,
      ),
    });
    expect(model.requests).toHaveLength(0);
    await expect(read(model, 'x', { ...options, contextTokens: need })).resolves.toBe('x x');
    await expect(read(model, 'x', { ...options, answerTokens: 500, contextTokens: need })).rejects.toThrow('the answer needs');
  });

  test('a long first memory counts; the longest chunk of many documents is what counts', async () => {
    const model = scriptedModel(() => 'w1', { tokenizer });
    const items = [item('a', ['w1', 'w1 w2 w3 w4']), item('b', ['w1'])];
    // <q> who is e1 <mem> <chk> <upd> 7, chunk 4, memory 3, new memory 3
    await expect(readDocuments(model, items, { ...base, contextTokens: 17 })).resolves.toHaveLength(2);
    await expect(readDocuments(model, items, { ...base, contextTokens: 16 })).rejects.toThrow('4 (chunk) + 3 (memory)');
    const cut = { ...base, problem: 'who is e1', contextTokens: 16 };
    await expect(read(model, ['w1', 'w1 w2 w3'], cut)).resolves.toBe('w1');
    await expect(read(model, ['w1', 'w1 w2 w3 w4'], cut)).rejects.toThrow('4 (chunk) + 3 (memory)');
    const firstMemory = 'w1 w2 w3 w4 w5';
    await expect(readDocuments(model, items, { ...base, firstMemory, contextTokens: 17 })).rejects.toThrow('5 (memory)');
  });

  test('without a tokenizer the sum is an estimate', async () => {
    const events = readEvents(
      scriptedModel(() => ''),
      'a',
      { problem: 'who', contextTokens: 8192, chunkTokens: 7000 },
    );
    await expect(events.next()).rejects.toThrow(/needs about 9\d\d\d tokens/);
  });
});
