/** Stretches of the text that are followed at a time. */
const LANES = 16;
/** About one stretch for so many bytes: enough of them keep all lanes busy to the end. */
const STRETCH_BYTES = 2048;
const PLACE_BITS = 20;
const PLACES = (1 << PLACE_BITS) - 1;
/** Lanes lie a little off a power of two apart, or they would share the few lines of the cache that such addresses have. */
const STRIDE = PLACES + 1 + 4096 + 64;
const START = 1 << 31;

/** Memory for a block, used again for the next. */
let space: { readonly next: Int32Array; readonly lanes: Uint8Array } | undefined;

/**
 * Undoes the Burrows-Wheeler transform: `bytes` is the last column of the sorted rotations of a text, fewer than 2^20, and becomes the text
 * from the one at `origin` on.
 *
 * Each byte says where the next one is, and every step waits for the memory. So stretches that start at many places are followed side by
 * side; each ends where another starts, and in that order they are the text.
 */
export function unsort(bytes: Uint8Array, origin: number): void {
  const size = bytes.length;
  const { next, lanes } = room();
  linkPlaces(bytes, next);
  const stretches = followStretches(next, lanes, { size, starts: markStarts(next, size, origin) });
  // A text that repeats itself goes round more than once.
  for (let at = 0, stretch = 0; at < size; stretch = stretches.after[stretch]!) {
    const from = stretches.from[stretch]!;
    const to = Math.min(stretches.to[stretch]!, from + size - at);
    bytes.set(lanes.subarray(from, to), at);
    at += to - from;
  }
}

/** For each stretch, by the number of its start, where it lies in `lanes` and which one comes after it. */
interface Stretches {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly after: Uint32Array;
}

function followStretches(
  next: Int32Array,
  lanes: Uint8Array,
  { size, starts }: { readonly size: number; readonly starts: Int32Array },
): Stretches {
  const count = starts.length;
  const [from, to, after] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)];
  const places = new Int32Array(LANES);
  const own = new Int32Array(LANES).fill(-1);
  // A lane with nothing left to do goes round here.
  next[size] = size << 8;
  let started = 0;
  const start = (lane: number, step: number): void => {
    const stretch = started < count ? started++ : -1;
    const entry = next[stretch < 0 ? size : starts[stretch]!]!;
    own[lane] = stretch;
    if (stretch >= 0) from[stretch] = lane * STRIDE + step;
    lanes[lane * STRIDE + step] = entry;
    places[lane] = (entry >>> 8) & PLACES;
  };
  for (let lane = 0; lane < LANES; lane++) start(lane, 0);
  for (let ended = 0, step = 0; ended < count;) {
    step = followToStart(next, lanes, places, step + 1);
    for (let lane = 0; lane < LANES; lane++) {
      const place = ~places[lane]!;
      if (place < 0) continue;
      to[own[lane]!] = lane * STRIDE + step;
      after[own[lane]!] = starts.indexOf(place);
      ended++;
      start(lane, step);
    }
  }
  return { from, to, after };
}

/** Takes steps with all lanes until one of them or more come to a start, whose place p is left as ~p; returns the number of that step. */
function followToStart(next: Int32Array, lanes: Uint8Array, places: Int32Array, firstStep: number): number {
  for (let step = firstStep; ; step++) {
    let signs = 0;
    for (let lane = 0, at = step; lane < LANES; lane++, at += STRIDE) {
      const place = places[lane]!;
      const entry = next[place]!;
      lanes[at] = entry;
      places[lane] = entry < 0 ? ~place : entry >>> 8;
      signs |= entry;
    }
    if (signs < 0) return step;
  }
}

function room(): NonNullable<typeof space> {
  space ??= { next: new Int32Array(PLACES + 1), lanes: new Uint8Array(STRIDE * LANES) };
  return space;
}

/** For each place in the sorted text: its byte, and in the bits above the place of the byte that follows. */
function linkPlaces(sorted: Uint8Array, next: Int32Array): void {
  const places = new Uint32Array(257);
  for (let i = 0; i < sorted.length; i++) places[sorted[i]! + 1]!++;
  for (let byte = 0; byte < 256; byte++) places[byte + 1]! += places[byte]!;
  for (let i = 0; i < sorted.length; i++) {
    const byte = sorted[i]!;
    next[places[byte]!++] = (i << 8) | byte;
  }
}

/** Marks places where stretches start; the first is `origin`. */
function markStarts(next: Int32Array, size: number, origin: number): Int32Array {
  const starts = [origin];
  for (let place = STRETCH_BYTES; place < size; place += STRETCH_BYTES) if (place !== origin) starts.push(place);
  for (const place of starts) next[place]! |= START;
  return Int32Array.from(starts);
}
