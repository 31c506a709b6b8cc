import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { maskTarget } from '../src/memtrain/mask-target.ts';
import { unspacedScripts } from '../src/unspaced-script.ts';

/** The definition as one pattern: what `maskTarget` does without making one for each entity. */
function byPattern(text: string, entity: string, placeholder: string): string | undefined {
  const letter = `(?![${unspacedScripts}])[\\p{L}\\p{N}\\p{M}_]`;
  const literal = entity.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const before = new RegExp(`^${letter}`, 'u').test(entity) ? `(?<!${letter})` : '';
  const after = new RegExp(`${letter}$`, 'u').test(entity) ? `(?!${letter})` : '';
  const masked = text.replace(new RegExp(`${before}${literal}${after}`, 'gu'), () => placeholder);
  return masked === text ? undefined : masked;
}

test.each([
  ['Rome, Romeo and Rome', 'Rome', '[T], Romeo and [T]'],
  ['RomeRome Rome', 'Rome', 'RomeRome [T]'],
  ['at C++ and C+', 'C+', 'at [T]+ and [T]'],
  ['1999 and 19990', '1999', '[T] and 19990'],
  ['東京は東京', '東京', '[T]は[T]'],
  ['cafe\u0301 cafe', 'cafe', 'cafe\u0301 [T]'],
  ['𝐀nna Anna', 'nna', undefined],
  ['$1 for $1', '$1', '[T] for [T]'],
  ['Rome', 'Oslo', undefined],
  ['a [T] Rome', 'Rome', undefined],
  ['Rome', '', undefined],
])('in %j the entity %j is hidden: %j', (text, entity, masked) => {
  expect(maskTarget(text, entity, '[T]')).toBe(masked);
});

test('is what one pattern of word borders around the entity would do', () => {
  const units = fc.constantFrom('a', 'b', 'aa', ' ', '_', '1', '.', '+', 'é', 'e\u0301', '東', 'ก', '𝐀', '😀');
  const text = fc.array(units, { maxLength: 12 }).map((parts) => parts.join(''));
  const entity = fc.array(units, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, entity, (where, what) => {
      expect(maskTarget(where, what, '[T]')).toBe(byPattern(where, what, '[T]'));
    }),
    { numRuns: 300 },
  );
});
