import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { learningRate, presets, type PresetName } from '../src/index.ts';

const page = readFileSync(new URL('../../../docs/presets.md', import.meta.url), 'utf8');
const [header, , ...rows] = page
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
const names = header!.slice(2) as PresetName[];

function valueAt(name: PresetName, path: string): string {
  const value = path.split('.').reduce<unknown>((held, key) => (held as Record<string, unknown> | undefined)?.[key], presets[name]);
  if (typeof value === 'number') return value.toFixed(10).replace(/\.?0+$/, '');
  return typeof value === 'string' ? value : value === undefined ? '-' : JSON.stringify(value);
}

/** Every leaf of a preset but the text of its source. */
function paths(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, child]) =>
    typeof child === 'object' && child !== null ? paths(child, `${prefix}${key}.`) : key === 'source' ? [] : [`${prefix}${key}`],
  );
}

describe('docs/presets.md', () => {
  test('has a column for every preset and a row for every number', () => {
    expect([...names].sort()).toEqual(Object.keys(presets).sort());
    const documented = rows.map(([, option]) => option!.replaceAll('`', ''));
    // The sampling temperature stands once, and the loss takes the same.
    const all = new Set(Object.values(presets).flatMap((preset) => paths(preset)));
    all.delete('train.loss.temperature');
    expect(documented.sort()).toEqual([...all].sort());
    for (const preset of Object.values(presets)) expect(preset.train.loss.temperature).toBe(preset.rollout.temperature);
  });

  test.each(rows.map(([symbol, option, ...values]) => [symbol!, option!.replaceAll('`', ''), values] as const))(
    'row "%s": %s',
    (_symbol, option, values) => {
      expect(names.map((name) => valueAt(name, option))).toEqual(values);
    },
  );
});

test('every schedule is one that train takes', () => {
  for (const { train, steps } of Object.values(presets)) expect(learningRate(train.schedule, steps)).toBe(train.schedule.peak);
});

test('the paper counts 8192 tokens of context', () => {
  const { instructionTokens, chunkTokens, memoryTokens, answerTokens } = presets.memtrain.reading!;
  expect(instructionTokens + chunkTokens + memoryTokens + answerTokens).toBe(8192);
});
