import { describe, expect, test } from '@jest/globals';
import { openLines } from '../src/sources/line-bytes.ts';

describe('openLines', () => {
  test('gives lines as UTF-8, each with its end, however long', () => {
    const long = '文é😀'.repeat(500_000);
    const lines = openLines();
    for (const line of ['a', long, '']) lines.add(line);
    expect(lines.count()).toBe(3);
    expect(Buffer.from(lines.finish()).toString() === `a\n${long}\n\n`).toBe(true);
    expect(openLines().finish()).toHaveLength(0);
  });

  test('two that are open at once do not mix, and what is finished stays', () => {
    const [first, second] = [openLines(), openLines()];
    first.add('first');
    second.add('second');
    const done = first.finish();
    const third = openLines();
    third.add('third');
    expect([done, second.finish(), third.finish()].map((bytes) => Buffer.from(bytes).toString())).toEqual([
      'first\n',
      'second\n',
      'third\n',
    ]);
  });
});
