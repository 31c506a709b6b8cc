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

/** Prints the seconds that all processors together have worked for a process, when it ends. */
const tellSeconds =
  'data:text/javascript,process.on("exit",()=>{const{user,system}=process.cpuUsage();console.log("cpu",(user+system)/1e6)})';

/** An example in a process of its own, as a reader of it would start it; what it prints, the seconds it took last. */
function runExample(name: string, ...args: readonly string[]): string {
  const options = ['--conditions=@memtrain/source', '--import', 'tsx', '--import', tellSeconds];
  return execFileSync(process.execPath, [...options, `examples/${name}`, ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

/** Its output without the last line. */
const linesOf = (output: string): string[] => output.trimEnd().split('\n').slice(0, -1);

function risesOfToyMemory(seed: number): { rises: Rise[]; seconds: number } {
  const output = runExample('toy-memory.ts', `${seed}`);
  const line = /^(\w+): masks ([\d.]+) % -> ([\d.]+) %, recalls ([\d.]+) % -> ([\d.]+) %/gm;
  const rises = [...output.matchAll(line)].map(([, arm = '', ...figures]): Rise => {
    const [a, b, c, d] = figures.map(Number) as [number, number, number, number];
    return { arm, masks: [a, b], recalls: [c, d] };
  });
  return { rises, seconds: Number(/^cpu ([\d.]+)$/m.exec(output)![1]) };
}

describe('the local engine learns the toy memory task from reward alone', () => {
  test.each([1, 2, 3])(
    'seed %i: all three arms rise from chance to over 90 %% of the masks, together in under a minute of two processors',
    (seed) => {
      const { rises, seconds } = risesOfToyMemory(seed);
      expect(seconds).toBeLessThan(2 * 60);
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
  const lines = linesOf(runExample('grpo-loop.ts', '2'));
  expect(lines).toEqual([expect.stringMatching(/^update 1: [\d.]+ % of the masks named, \d+ conv/), expect.stringMatching(/^update 2:/)]);
}, 120_000);

test('examples/train-basic.ts trains, and goes on where it was', () => {
  const folder = mkdtempSync(join(tmpdir(), 'train-basic-'));
  try {
    for (const update of [1, 2]) {
      const named = expect.stringMatching(new RegExp(`^update ${update}: [\\d.]+ % of the masks named$`));
      expect(linesOf(runExample('train-basic.ts', folder, `${update}`))).toEqual([named]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);
