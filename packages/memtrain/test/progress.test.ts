import { describe, expect, test } from '@jest/globals';
import { formatDuration } from '../src/progress/duration.ts';
import { createProgress } from '../src/progress/progress.ts';

function plain(): { lines: () => string[]; clock: { now: number }; progress: ReturnType<typeof createProgress> } {
  const written: string[] = [];
  const clock = { now: 0 };
  const stream = { isTTY: false, write: (text: string) => written.push(text) };
  return { lines: () => written.join('').split('\n').slice(0, -1), clock, progress: createProgress(stream, { now: () => clock.now }) };
}

describe('plain progress', () => {
  test('prints at most one line in two seconds, and the last state at the end', () => {
    const { lines, clock, progress } = plain();
    const task = progress.task('training', 100);
    for (let done = 1; done <= 100; done++) {
      clock.now += 100;
      task.update(done);
    }
    expect(lines()).toHaveLength(5);
    task.finish();
    expect(lines().at(-1)).toBe('training: 100/100 (100 %)');
    expect(lines()).toHaveLength(5);
  });

  test('estimates what is left from the pace so far', () => {
    const { lines, clock, progress } = plain();
    const task = progress.task('reading', 40);
    clock.now = 10_000;
    task.update(10, 'reward 0.5');
    expect(lines()).toEqual(['reading: 10/40 (25 %), 30 s left, reward 0.5']);
  });

  test('leaves out of the pace what an earlier run did', () => {
    const { lines, clock, progress } = plain();
    const task = progress.task('training', 100, 90);
    clock.now = 5000;
    task.update(95);
    expect(lines()).toEqual(['training: 95/100 (95 %), 5 s left']);
  });

  test('works without a total, and prints nothing when nothing was done', () => {
    const { lines, clock, progress } = plain();
    const task = progress.task('indexing', undefined);
    task.finish();
    expect(lines()).toEqual([]);
    clock.now = 3000;
    task.update(7);
    expect(lines()).toEqual(['indexing: 7']);
  });
});

test('on a terminal there is a bar that ends in a full line', () => {
  const written: string[] = [];
  const stream = Object.assign(Object.create(process.stdout) as NodeJS.WriteStream, {
    isTTY: true,
    columns: 120,
    write: (text: string) => written.push(text) > 0,
    cursorTo: () => true,
    clearLine: () => true,
    moveCursor: () => true,
  });
  const task = createProgress(stream).task('training', 2);
  task.update(2, 'reward 0.5');
  task.finish();
  const all = written.join('');
  expect(all).toContain('training [');
  expect(all).toContain('2/2 | reward 0.5');
});

test.each([
  [0.4, '0 s'],
  [59.6, '1 min 00 s'],
  [200, '3 min 20 s'],
  [7505, '2 h 05 min'],
])('%p seconds read %p', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
