import type { Conversation } from '@memtrain/policy';
import { LanguageModelError } from './errors.ts';

/** What is scored: a completion after its prompt. */
export type Scored = Pick<Conversation, 'prompt' | 'completion'>;

/** A conversation among others: its input is the prompt and all but the last completion token. */
export interface Member {
  /** Position in the caller's list. */
  readonly conversation: number;
  readonly input: Int32Array;
  /** Tokens of the input before the first that predicts a completion token; only these may be shared. */
  readonly shareable: number;
}

/** Conversations that begin with the same `shared` tokens, which are computed once. */
export interface Tree {
  readonly shared: number;
  readonly members: readonly Member[];
  /** Tokens of the tree: the shared ones once, and the rest of every member. */
  readonly size: number;
}

/** The members of a list of conversations. Throws `LanguageModelError`: `bad-datum` for an empty prompt or completion, `prompt-too-long`. */
export function membersOf(conversations: readonly Scored[], maxPositions: number): Member[] {
  return conversations.map(({ prompt, completion }, conversation) => {
    if (prompt.length === 0 || completion.length === 0) {
      throw new LanguageModelError(
        'bad-datum',
        `conversation ${conversation} has ${prompt.length} prompt and ${completion.length} completion tokens: both need at least one`,
      );
    }
    const length = prompt.length + completion.length - 1;
    if (length > maxPositions) {
      throw new LanguageModelError(
        'prompt-too-long',
        `conversation ${conversation} has ${length + 1} tokens, but the model has ${maxPositions} positions`,
      );
    }
    const input = new Int32Array(length);
    input.set(prompt);
    input.set(completion.subarray(0, completion.length - 1), prompt.length);
    return { conversation, input, shareable: prompt.length - 1 };
  });
}

/** Fewest tokens worth sharing: below, a member joins another tree or stands alone. */
const FEWEST_SHARED = 16;

/**
 * Gathers members into trees of at most `mostTokens` tokens (a single member may be longer). Neighbours in the order of their tokens share the
 * most, so each member joins the tree before it while that saves tokens; otherwise it begins a tree.
 */
export function growTrees(members: readonly Member[], mostTokens: number): Tree[] {
  const trees: Tree[] = [];
  let open: Tree | undefined;
  for (const member of sorted(members)) {
    const joined = open && join(open, member, mostTokens);
    if (joined) {
      open = joined;
      continue;
    }
    if (open) trees.push(open);
    open = treeOf([member], member.shareable);
  }
  if (open) trees.push(open);
  return trees;
}

/** The tree with the member in it; undefined when it would be too large, or share less than half of what its members could. */
function join(tree: Tree, member: Member, mostTokens: number): Tree | undefined {
  const shared = Math.min(tree.shared, sharedTokens(tree.members[0]!, member));
  if (shared < FEWEST_SHARED || 2 * shared < tree.shared) return undefined;
  const joined = treeOf([...tree.members, member], shared);
  // Lowering the shared length may cost the earlier members more than the new one saves.
  return joined.size > mostTokens || joined.size >= tree.size + member.input.length ? undefined : joined;
}

/** Trees and the number of their tokens. */
interface Grove {
  readonly trees: readonly Tree[];
  readonly size: number;
}

/** The trees, of any size, that have the fewest tokens together. */
export function smallestTrees(members: readonly Member[]): Tree[] {
  const order = sorted(members);
  /** Tokens that a member shares with the one before it. */
  const common = order.map((member, i) => (i === 0 ? 0 : sharedTokens(order[i - 1]!, member)));
  /** The best trees of members [from, to). */
  const best = (from: number, to: number): Grove => {
    if (to - from === 1) {
      const tree = treeOf([order[from]!], order[from]!.shareable);
      return { trees: [tree], size: tree.size };
    }
    const shared = common.slice(from + 1, to).reduce((least, length) => Math.min(least, length));
    // Parts between which they share the least: each either joins one tree of what all share, or keeps its own trees.
    const parts: (Grove & { readonly members: readonly Member[]; readonly joined: number })[] = [];
    for (let start = from, end = from + 1; end <= to; end++) {
      if (end < to && common[end]! > shared) continue;
      const inside = order.slice(start, end);
      parts.push({ ...best(start, end), members: inside, joined: treeOf(inside, shared).size - shared });
      start = end;
    }
    const joining = shared < FEWEST_SHARED ? [] : parts.filter(({ size, joined }) => joined < size);
    const saved = joining.reduce((sum, { size, joined }) => sum + size - joined, -shared);
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    if (saved <= 0) return { trees: parts.flatMap(({ trees }) => trees), size };
    const tree = treeOf(
      joining.flatMap((part) => part.members),
      shared,
    );
    return { trees: [tree, ...parts.flatMap((part) => (joining.includes(part) ? [] : part.trees))], size: size - saved };
  };
  return order.length === 0 ? [] : [...best(0, order.length).trees];
}

/** Trees of at most `count` of the members, which share the same tokens. */
export function cutTree({ shared, members }: Tree, count: number): Tree[] {
  return Array.from({ length: Math.ceil(members.length / count) }, (_, i) => {
    const part = members.slice(i * count, (i + 1) * count);
    return treeOf(part, shared);
  });
}

function treeOf(members: readonly Member[], shared: number): Tree {
  return { shared, members, size: members.reduce((sum, { input }) => sum + input.length - shared, shared) };
}

function sharedTokens(a: Member, b: Member): number {
  return Math.min(a.shareable, b.shareable, commonLength(a.input, b.input));
}

/** In the order of their tokens. */
function sorted(members: readonly Member[]): Member[] {
  return members.toSorted((a, b) => compareTokens(a, b) || a.conversation - b.conversation);
}

function commonLength(a: Int32Array, b: Int32Array): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}

function compareTokens(a: Member, b: Member): number {
  const [left, right] = [a.input.subarray(0, a.shareable), b.input.subarray(0, b.shareable)];
  const common = commonLength(left, right);
  if (common === left.length || common === right.length) return left.length - right.length;
  return left[common]! - right[common]!;
}
