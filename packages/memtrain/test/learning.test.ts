import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../', import.meta.url));

interface Rise {
  readonly arm: string;
  readonly masks: readonly [number, number];
  readonly recalls: readonly [number, number];
}

/** The example's arms in a process of its own, as a reader of it would start it. */
function runExample(seed: number): Rise[] {
  const output = execFileSync(process.execPath, ['--conditions=@memtrain/source', '--import', 'tsx', 'examples/toy-memory.ts', `${seed}`], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
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
      const rises = runExample(seed);
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
