import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../', import.meta.url));

interface Rise {
  readonly arm: string;
  readonly masks: readonly [number, number];
  readonly recalls: readonly [number, number];
}

/** An example in a process of its own, as a reader of it would start it; what it prints. */
function runExample(name: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, ['--conditions=@memtrain/source', '--import', 'tsx', `examples/${name}`, ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

function risesOfToyMemory(seed: number): Rise[] {
  const output = runExample('toy-memory.ts', `${seed}`);
  const line = /^(\w+): masks ([\d.]+) % -> ([\d.]+) %, recalls ([\d.]+) % -> ([\d.]+) %/gm;
  return [...output.matchAll(line)].map(([, arm = '', ...figures]) => {
    const [a, b, c, d] = figures.map(Number) as [number, number, number, number];
    return { arm, masks: [a, b], recalls: [c, d] };
  });
}

describe('the local engine learns the toy memory task from reward alone', () => {
  test.each([1, 2, 3])(
    'seed %i: all three arms rise from chance to over 90 %% of the masks',
    (seed) => {
      const rises = risesOfToyMemory(seed);
      expect(rises.map(({ arm }) => arm)).toEqual(['endToEnd', 'decoupled', 'memtrain']);
      for (const { arm, masks, recalls } of rises) {
        // One of four: the marked pair is kept or overwritten at random, and one of its two words answers.
        expect(masks[0]).toBeLessThan(40);
        expect(masks[1]).toBeGreaterThan(90);
        if (arm !== 'endToEnd') expect(recalls[1]).toBeGreaterThan(recalls[0] + 30);
      }
    },
    // Some 20 s on two idle cores.
    240_000,
  );
});

test('a task of your own in one file, examples/own-task.ts, is learnt from random weights', () => {
  expect(readFileSync(join(root, 'examples/own-task.ts'), 'utf8').trimEnd().split('\n').length).toBeLessThan(80);
  const right = [...runExample('own-task.ts').matchAll(/^update \d+: (\d+) % right$/gm)].map(([, share]) => Number(share));
  expect(right[0]).toBeLessThan(40);
  expect(right.at(-1)).toBeGreaterThan(60);
}, 120_000);

test('examples/grpo-loop.ts shows the whole loop in under 300 lines, and runs', () => {
  expect(readFileSync(join(root, 'examples/grpo-loop.ts'), 'utf8').trimEnd().split('\n').length).toBeLessThan(300);
  const lines = runExample('grpo-loop.ts', '2').trimEnd().split('\n');
  expect(lines).toEqual([expect.stringMatching(/^update 1: [\d.]+ % of the masks named, \d+ conv/), expect.stringMatching(/^update 2:/)]);
}, 120_000);

test('examples/train-basic.ts trains, and goes on where it was', () => {
  const folder = mkdtempSync(join(tmpdir(), 'train-basic-'));
  try {
    expect(runExample('train-basic.ts', folder, '1')).toMatch(/^update 1: [\d.]+ % of the masks named\n$/);
    expect(runExample('train-basic.ts', folder, '2')).toMatch(/^update 2: [\d.]+ % of the masks named\n$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
