import type { TermTable } from '@memtrain/corpus';

/** Terms of a query: lower-case runs of letters, digits and marks, each once. Stop words may be among them: no passage holds them. */
export function queryTerms(query: string): string[] {
  return [...new Set(query.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [])];
}

/** A word as UTF-16 units, and the hash under which it is looked for. */
export interface SoughtTerm {
  readonly units: Uint16Array;
  readonly hash: number;
}

export function soughtTerm(word: string): SoughtTerm {
  const units = Uint16Array.from({ length: word.length }, (_, i) => word.charCodeAt(i));
  return { units, hash: hashOf(units, 0, units.length) };
}

/** A hash table of a shard's terms: number plus one at its slot, 0 where it is free. The length is a power of two, twice the terms or more. */
export function termSlots({ starts, pool }: TermTable): Int32Array {
  const count = starts.length - 1;
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(1, count) * 2)));
  const mask = slots.length - 1;
  for (let term = 0; term < count; term++) {
    let slot = hashOf(pool, starts[term]!, starts[term + 1]!) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = term + 1;
  }
  return slots;
}

/** Number of a term; -1 when the shard has none like it. */
export function findTerm({ starts, pool }: TermTable, slots: Int32Array, { units, hash }: SoughtTerm): number {
  const mask = slots.length - 1;
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const term = slots[slot]! - 1;
    if (term < 0) return -1;
    const start = starts[term]!;
    if (starts[term + 1]! - start === units.length && units.every((unit, i) => pool[start + i] === unit)) return term;
  }
}

/** FNV-1a, with its high bits mixed into those that choose the slot. */
function hashOf(units: Uint16Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ units[i]!, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
