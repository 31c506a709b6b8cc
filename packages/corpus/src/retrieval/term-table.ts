/** Terms as numbers: an open-addressing hash table over a pool of UTF-16 units. Plain typed arrays, so it can be stored and shared. */
export interface TermTable {
  /** Number of a term plus one at its slot; 0 is free. The length is a power of two. */
  readonly slots: Int32Array;
  /** Units of term t: `pool[starts[t]]` to `pool[starts[t + 1]]`. */
  readonly starts: Uint32Array;
  readonly pool: Uint16Array;
}

/** Number of `text.slice(start, end)`; -1 when it is not in the table. */
export function findTerm({ slots, starts, pool }: TermTable, text: string, start = 0, end: number = text.length): number {
  const mask = slots.length - 1;
  for (let slot = hashOf(text, start, end) & mask; ; slot = (slot + 1) & mask) {
    const term = slots[slot]! - 1;
    if (term < 0) return -1;
    if (equals(pool, starts[term]!, starts[term + 1]!, text, start, end)) return term;
  }
}

/** Text of a term. */
export function termText({ starts, pool }: TermTable, term: number): string {
  const end = starts[term + 1]!;
  let text = '';
  for (let at = starts[term]!; at < end; at += PIECE) {
    const units: ArrayLike<number> = pool.subarray(at, Math.min(end, at + PIECE));
    // Three times as quick as spreading the units.
    text += String.fromCharCode.apply(null, units as number[]);
  }
  return text;
}

/** A call takes only so many arguments. */
const PIECE = 4096;

/** A table that grows. */
export interface TermTableBuilder {
  readonly size: number;
  /** Number of `text.slice(start, end)`, added if it is new. */
  add(text: string, start?: number, end?: number): number;
  /** The table in memory of this kind: threads share the second. */
  finish(memory?: typeof ArrayBuffer | typeof SharedArrayBuffer): TermTable;
}

export function termTableBuilder(): TermTableBuilder {
  let slots = new Int32Array(1 << 16);
  let starts = new Uint32Array(1 << 14);
  let pool = new Uint16Array(1 << 17);
  let size = 0;
  const rehash = (): void => {
    const grown = new Int32Array(slots.length * 2);
    const mask = grown.length - 1;
    for (let term = 0; term < size; term++) {
      let slot = hashOfUnits(pool, starts[term]!, starts[term + 1]!) & mask;
      while (grown[slot] !== 0) slot = (slot + 1) & mask;
      grown[slot] = term + 1;
    }
    slots = grown;
  };
  return {
    get size() {
      return size;
    },
    add(text, start = 0, end = text.length) {
      const mask = slots.length - 1;
      let slot = hashOf(text, start, end) & mask;
      for (; ; slot = (slot + 1) & mask) {
        const term = slots[slot]! - 1;
        if (term < 0) break;
        if (equals(pool, starts[term]!, starts[term + 1]!, text, start, end)) return term;
      }
      const from = starts[size]!;
      const to = from + end - start;
      if (size + 2 > starts.length) starts = copyInto(starts, new Uint32Array(starts.length * 2));
      while (to > pool.length) pool = copyInto(pool, new Uint16Array(pool.length * 2));
      for (let i = start; i < end; i++) pool[from + i - start] = text.charCodeAt(i);
      starts[++size] = to;
      slots[slot] = size;
      if (size * 2 > slots.length) rehash();
      return size - 1;
    },
    finish: (memory = ArrayBuffer) => ({
      slots: copyInto(slots, new Int32Array(new memory(4 * slots.length))),
      starts: copyInto(starts.subarray(0, size + 1), new Uint32Array(new memory(4 * (size + 1)))),
      pool: copyInto(pool.subarray(0, starts[size]), new Uint16Array(new memory(2 * starts[size]!))),
    }),
  };
}

function copyInto<T extends Int32Array | Uint32Array | Uint16Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function hashOf(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function hashOfUnits(units: Uint16Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ units[i]!, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function equals(pool: Uint16Array, from: number, to: number, text: string, start: number, end: number): boolean {
  if (to - from !== end - start) return false;
  for (let i = start; i < end; i++) if (pool[from + i - start] !== text.charCodeAt(i)) return false;
  return true;
}
