import { expect, test } from '@jest/globals';
import { memAgentTemplate } from '@memtrain/agent';
import fc from 'fast-check';
import { readAnswer } from '../src/index.ts';

test('a reply has the same boxed answer for the agent that wrote it, the harness and the rewards', () => {
  const piece = fc.constantFrom('\\boxed', '{', '}', '\\', ' ', '\n', 'Paris', '\\{', '</think>', '\\boxed{Rome}', '\\boxed {a{b}}');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const reply = `<think>\\boxed{no}</think>${pieces.join('')}`;
      expect(memAgentTemplate.parseAnswer(reply)).toBe(readAnswer(reply, 'boxed'));
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['So **the answer is** Paris. Wait: the answer is: Rome.', 'Rome'],
  ['Therefore, the answer is *Rome*.', 'Rome'],
  ['The answer is', undefined],
  ['the answer is .', undefined],
  ['<think>the answer is Oslo</think>I do not know', undefined],
])('%j says %j after "the answer is"', (reply, answer) => {
  expect(readAnswer(reply, 'the-answer-is')).toBe(answer);
});

test('a reply that is the answer: all of it behind the thinking, an empty one is none', () => {
  expect(readAnswer('<think>hm</think> Rome\n', 'reply')).toBe('Rome');
  expect(readAnswer('<think>hm</think> \n', 'reply')).toBeUndefined();
});
