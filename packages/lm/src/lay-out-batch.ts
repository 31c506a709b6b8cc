import type { BranchShape } from './branch-attention.ts';
import type { TargetSpan, TrainingBatch } from './training-batch.ts';
import type { Member, Scored, Tree } from './training-tree.ts';

/** A batch being filled. */
interface Page {
  readonly ids: Int32Array;
  readonly positions: Int32Array;
  readonly spans: TargetSpan[];
  readonly places: number[];
  readonly wanted: number[];
}

function blankPage(total: number): Page {
  return { ids: new Int32Array(total), positions: new Int32Array(total), spans: [], places: [], wanted: [] };
}

/** Lays tokens [from, to) of an input at a place; returns the place after them. */
function lay(
  { ids, positions }: Page,
  input: Int32Array,
  range: { readonly from: number; readonly to: number; readonly at: number },
): number {
  const { from, to, at } = range;
  ids.set(input.subarray(from, to), at);
  for (let t = from; t < to; t++) positions[at + t - from] = t;
  return at + to - from;
}

/** Wants the completion tokens of a member whose tokens after the `shared` ones begin at `at`. */
function want({ spans, places, wanted }: Page, member: Member, shared: number, at: number, conversations: readonly Scored[]): void {
  const { completion } = conversations[member.conversation]!;
  spans.push({ conversation: member.conversation, start: places.length, length: completion.length });
  for (const [t, id] of completion.entries()) {
    places.push(at + member.shareable - shared + t);
    wanted.push(id);
  }
}

function finished(page: Page, layout: Pick<TrainingBatch, 'rows' | 'length' | 'branches' | 'ends' | 'tokens'>): TrainingBatch {
  const { ids, positions, spans, places, wanted } = page;
  const targets = targetBucket(places.length, ids.length);
  padPlaces(places, targets, ids.length);
  return {
    ...layout,
    targets,
    ids,
    positions,
    places: Int32Array.from(places),
    wanted: Int32Array.from({ length: targets }, (_, i) => wanted[i] ?? 0),
    spans,
  };
}

/** The packed layout, see `TrainingBatch`. */
export function layOutTrees(rows: readonly (readonly Tree[])[], length: number, conversations: readonly Scored[]): TrainingBatch {
  const page = blankPage(rows.length * length);
  const ends = new Int32Array(rows.length * length);
  let tokens = 0;
  for (const [r, trees] of rows.entries()) {
    const start = r * length;
    let at = start;
    for (const { shared, members, size } of trees) {
      tokens += size;
      ends.fill(at - start + size, at, at + shared);
      at = lay(page, members[0]!.input, { from: 0, to: shared, at });
      for (const member of members) {
        const count = member.input.length - shared;
        ends.fill(at - start + count, at, at + count);
        want(page, member, shared, at, conversations);
        at = lay(page, member.input, { from: shared, to: member.input.length, at });
      }
    }
    // Padding sees itself.
    ends.fill(length, at, start + length);
  }
  return finished(page, { rows: rows.length, length, ends, tokens });
}

/** The branched layout, see `TrainingBatch`: one tree a row. */
export function layOutBranches(
  trees: readonly Tree[],
  { length, branches }: { readonly length: number; readonly branches: BranchShape },
  conversations: readonly Scored[],
): TrainingBatch {
  const rows = trees.length;
  const trunks = rows * length;
  const page = blankPage(trunks + rows * branches.count * branches.length);
  // Padding of a trunk ends with itself, so that no branch sees it.
  const ends = Int32Array.from({ length: trunks }, (_, place) => (place % length) + 1);
  for (const [r, { shared, members }] of trees.entries()) {
    ends.fill(length + 1, r * length, r * length + shared);
    lay(page, members[0]!.input, { from: 0, to: shared, at: r * length });
    for (const [b, member] of members.entries()) {
      const at = trunks + (r * branches.count + b) * branches.length;
      want(page, member, shared, at, conversations);
      lay(page, member.input, { from: shared, to: member.input.length, at });
    }
  }
  return finished(page, { rows, length, branches, ends, tokens: trees.reduce((sum, { size }) => sum + size, 0) });
}

/** Targets are padded to a power of two or halfway between two, but there are no more of them than tokens. */
function targetBucket(count: number, most: number): number {
  let bucket = 8;
  while (bucket < count) bucket *= 2;
  if (bucket >= 128 && count <= (bucket / 4) * 3) bucket = (bucket / 4) * 3;
  return Math.min(bucket, most);
}

/** Fills up with places that are in no list yet: each place is read once, so gradients can be put back without adding. */
function padPlaces(places: number[], targets: number, total: number): void {
  const taken = new Set(places);
  for (let place = 0; place < total && places.length < targets; place++) if (!taken.has(place)) places.push(place);
}
