import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runHere } from './support/run-main.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

function writeLines(name: string, lines: readonly (object | string)[]): string {
  writeFileSync(at(name), lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  return at(name);
}

const readLines = (name: string): unknown[] =>
  readFileSync(at(name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

describe('memtrain grade', () => {
  test('writes the same lines with a score a verifier, and prints the means', async () => {
    const input = writeLines('in.jsonl', [
      { id: 7, prediction: 'The Beatles', golds: ['Beatles'] },
      { prediction: 'Paris or London \u2028', golds: ['Rome', 'Paris'] },
      { prediction: '', golds: ['Paris'] },
      { prediction: null, golds: ['Paris'] },
    ]);
    const { code, stdout, stderr } = await runHere(['grade', '--verifier', 'em, sub-em,f1', '--in', input, '--out', at('deep/out.jsonl')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe('em: 0.2500 over 4 lines\nsub-em: 0.5000 over 4 lines\nf1: 0.3750 over 4 lines\n');
    expect(readLines('deep/out.jsonl')).toEqual([
      { id: 7, prediction: 'The Beatles', golds: ['Beatles'], scores: { em: 1, 'sub-em': 1, f1: 1 } },
      { prediction: 'Paris or London \u2028', golds: ['Rome', 'Paris'], scores: { em: 0, 'sub-em': 1, f1: 0.5 } },
      { prediction: '', golds: ['Paris'], scores: { em: 0, 'sub-em': 0, f1: 0 } },
      { prediction: null, golds: ['Paris'], scores: { em: 0, 'sub-em': 0, f1: 0 } },
    ]);
    expect(readdirSync(at('deep'))).toEqual(['out.jsonl']);
  });

  test('counts objectives where the gold answers are a list a question', async () => {
    const input = writeLines('objectives.jsonl', [{ prediction: 'Paris; 1999', golds: [['Paris'], ['2000', '1999'], ['x']] }]);
    expect(await runHere(['grade', '--verifier', 'count-objectives', '--in', input, '--out', at('counted.jsonl')])).toMatchObject({
      code: 0,
    });
    expect(readLines('counted.jsonl')).toMatchObject([{ scores: { 'count-objectives': 2 } }]);
  });

  test('takes lines of any length, over the pieces in which a file is read', async () => {
    const long = `${'ä'.repeat(300_000)}\\boxed{Paris}`;
    const input = writeLines('long.jsonl', [
      { prediction: long, golds: ['Paris'] },
      { prediction: long, golds: ['Rome'] },
    ]);
    expect(await runHere(['grade', '--verifier', 'boxed-strict', '--in', input, '--out', at('long.out')])).toMatchObject({
      stdout: 'boxed-strict: 0.5000 over 2 lines\n',
    });
    expect(readLines('long.out')).toMatchObject([{ prediction: long }, { prediction: long }]);
  });

  test.each<[string, (object | string)[], RegExp]>([
    ['no JSON', ['{"prediction"'], /bad\.jsonl:1: not JSON/],
    ['an empty line', [{ prediction: '', golds: ['a'] }, ''], /bad\.jsonl:2: not JSON/],
    ['a list', ['[]'], /bad\.jsonl:1: not an object/],
    ['no prediction', [{ golds: ['a'] }], /bad\.jsonl:1: prediction: /],
    ['no gold answer', [{ prediction: 'a', golds: [] }], /bad\.jsonl:1: golds: /],
    ['a gold answer that is no list', [{ prediction: 'a', golds: 'a' }], /bad\.jsonl:1: golds: /],
    ['gold answers a question, where they should be plain', [{ prediction: 'a', golds: [['a']] }], /bad\.jsonl:1: golds\.0: /],
  ])('%s ends with 1, the line, and no file', async (_name, lines, message) => {
    const { code, stderr } = await runHere([
      'grade',
      '--verifier',
      'em',
      '--in',
      writeLines('bad.jsonl', lines),
      '--out',
      at('none.jsonl'),
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^memtrain: [^\n]+\n$/);
    expect(stderr).toMatch(message);
    expect(existsSync(at('none.jsonl'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test.each([
    [
      'an unknown verifier',
      ['--verifier', 'emm', '--in', at('in.jsonl'), '--out', at('x')],
      2,
      /"emm" is no verifier: did you mean "em"\?/,
    ],
    ['no verifier', ['--in', at('in.jsonl'), '--out', at('x')], 2, /--verifier/],
    ['a file that is not there', ['--verifier', 'em', '--in', at('no.jsonl'), '--out', at('x')], 1, /no predictions file at/],
    ['the same file twice', ['--verifier', 'em', '--in', at('in.jsonl'), '--out', at('in.jsonl')], 2, /write to another file/],
  ])('%s is refused', async (_name, args, code, message) => {
    expect(await runHere(['grade', ...args])).toMatchObject({ code, stderr: expect.stringMatching(message) });
  });
});
