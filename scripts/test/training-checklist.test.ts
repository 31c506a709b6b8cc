import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const packages = new URL('../../packages/', import.meta.url).pathname;
const page = readFileSync(new URL('../../docs/training-checklist.md', import.meta.url), 'utf8');

/** Points that say in words why no test is behind them: those of an engine that trains on another machine. */
const withoutTest = ['10', '54'];

const points = page
  .split('\n')
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .filter(([number]) => /^\d/.test(number ?? ''))
  .map(([number, what, shown]) => ({ number: number!, what: what!, shown: shown! }));

/** The files of a cell, each with the names in quotes that follow it. */
function referencesOf(shown: string): { file: string; names: string[] }[] {
  const found: { file: string; names: string[] }[] = [];
  for (const [, file, name] of shown.matchAll(/([\w-]+\/test\/[\w./-]*[\w])|"([^"]+)"/g)) {
    if (file !== undefined) found.push({ file, names: [] });
    else if (found.length === 0) throw new Error(`"${name}" stands before any file in: ${shown}`);
    else found.at(-1)!.names.push(name!);
  }
  return found;
}

/** What `grpo/test/train`, a folder of tests, or a file with its ending holds; undefined when there is no such thing. */
function textOf(file: string): string | undefined {
  const path = join(packages, file);
  for (const candidate of [`${path}.test.ts`, path]) {
    if (!existsSync(candidate)) continue;
    if (statSync(candidate).isFile()) return readFileSync(candidate, 'utf8');
    const tests = readdirSync(candidate).filter((name) => name.endsWith('.test.ts'));
    return tests.length === 0 ? undefined : tests.map((name) => readFileSync(join(candidate, name), 'utf8')).join('\n');
  }
  return undefined;
}

describe('docs/training-checklist.md', () => {
  test('has the points 1 to 60, each once', () => {
    expect(points.map(({ number }) => Number(number))).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  });

  test.each(points.map(({ number, what, shown }) => [number, what, shown] as const))(
    'point %s, %s: its tests are there',
    (number, _what, shown) => {
      const references = referencesOf(shown);
      expect(references.length > 0).toBe(!withoutTest.includes(number));
      if (references.length === 0) expect(shown).toBe('remote engine: not in this version');
      for (const { file, names } of references) {
        const text = textOf(file);
        expect({ file, isThere: text !== undefined, named: names.length > 0 }).toEqual({ file, isThere: true, named: true });
        // A name, or its beginning: a string starts with it.
        for (const name of names)
          expect({ file, name, isThere: ["'", '"', '`'].some((quote) => text!.includes(quote + name)) }).toEqual({
            file,
            name,
            isThere: true,
          });
      }
    },
  );
});
