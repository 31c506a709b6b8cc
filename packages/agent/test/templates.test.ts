import { describe, expect, test } from '@jest/globals';
import { memAgentTemplate, miniatureTemplate } from '@memtrain/agent';

describe('miniatureTemplate', () => {
  test('lays words out exactly', () => {
    const parts = { problem: 'which [MASK] ?', memory: 'a b', chunk: 'c d' };
    expect(miniatureTemplate.update(parts)).toBe('<q> which [MASK] ? <mem> a b <chk> c d <upd>');
    expect(miniatureTemplate.answer(parts)).toBe('<q> which [MASK] ? <mem> a b <ans>');
    expect(miniatureTemplate.recall(parts)).toBe('<q> which [TARGET] ? <mem> a b <chk> c d <ans>');
    expect(miniatureTemplate.answer({ problem: 'p', memory: '' })).toBe('<q> p <mem>  <ans>');
    expect(miniatureTemplate.problem).toBe('which [MASK] ?');
  });

  test('a reply is the memory or the answer; an empty one is no answer', () => {
    expect(miniatureTemplate.parseMemory(' a b ')).toBe('a b');
    expect(miniatureTemplate.parseAnswer(' a ')).toBe('a');
    expect(miniatureTemplate.parseAnswer('  ')).toBeUndefined();
  });
});

describe('memAgentTemplate', () => {
  test("puts the parts into tags in MemAgent's order, and shows no chunk when answering", () => {
    const update = memAgentTemplate.update({ problem: 'Who?', memory: 'M', chunk: 'C' });
    expect(update).toContain('<problem> \nWho?\n</problem>\n\n<memory>\nM\n</memory>\n\n<section>\nC\n</section>\n\nUpdated memory:');
    const answer = memAgentTemplate.answer({ problem: 'Who?', memory: 'M' });
    expect(answer).toContain('\\boxed{}');
    expect(answer).not.toContain('<section>');
    expect(memAgentTemplate.recall({ memory: 'M', chunk: 'C [TARGET]' })).toContain('<section>\nC [TARGET]\n</section>');
    expect(memAgentTemplate.emptyMemory).toBe('No previous memory');
  });

  test('text that looks like a replacement pattern or a placeholder stays as it is', () => {
    expect(memAgentTemplate.update({ problem: '{memory}', memory: '$&', chunk: '$1' })).toContain(
      '<problem> \n{memory}\n</problem>\n\n<memory>\n$&\n',
    );
  });

  test.each<[string, string | undefined]>([
    ['\\boxed{Rome} or \\boxed{Paris}', 'Paris'],
    ['\\boxed{a{b}c}', 'a{b}c'],
    ['\\boxed{Paris', undefined],
    ['\\boxed{}', undefined],
    ['Paris', undefined],
    ['', undefined],
    ['<think>\\boxed{Rome}</think>I do not know', undefined],
    ['<think>Rome?</think>\\boxed{Paris}', 'Paris'],
  ])('the answer in %j is %j', (text, answer) => {
    expect(memAgentTemplate.parseAnswer(text)).toBe(answer);
  });

  test('thinking does not enter the memory', () => {
    expect(memAgentTemplate.parseMemory('<think>long</think>\n fact ')).toBe('fact');
    expect(memAgentTemplate.parseMemory('')).toBe('');
  });
});
