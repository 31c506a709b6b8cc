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

export interface GrowTreesOptions {
  /** Most tokens of a tree; a single member may be longer. */
  readonly mostTokens: number;
  /** A member joins a tree that loses no more of its shared tokens than leaves this part. Default 0.5. */
  readonly keptShare?: number;
}

/**
 * Gathers members into trees. Neighbours in the order of their tokens share the most, so each member joins the tree before it while that saves
 * tokens; otherwise it begins a tree.
 */
export function growTrees(members: readonly Member[], options: GrowTreesOptions): Tree[] {
  const sorted = [...members].sort((a, b) => compareTokens(a, b) || a.conversation - b.conversation);
  const trees: Tree[] = [];
  let open: Tree | undefined;
  for (const member of sorted) {
    const joined = open && join(open, member, options);
    if (joined) {
      open = joined;
      continue;
    }
    if (open) trees.push(open);
    open = { shared: member.shareable, members: [member], size: member.input.length };
  }
  if (open) trees.push(open);
  return trees;
}

/** The tree with the member in it; undefined when it would be too large, or share too little of what its members could. */
function join(tree: Tree, member: Member, { mostTokens, keptShare = 0.5 }: GrowTreesOptions): Tree | undefined {
  const shared = Math.min(tree.shared, member.shareable, commonLength(tree.members[0]!.input, member.input));
  if (shared < FEWEST_SHARED || shared < keptShare * tree.shared) return undefined;
  const members = [...tree.members, member];
  const size = treeSize(shared, members);
  // Lowering the shared length may cost the earlier members more than the new one saves.
  if (size > mostTokens || size >= tree.size + member.input.length) return undefined;
  return { shared, members, size };
}

/** Trees of at most `count` of the members, which share the same tokens. */
export function cutTree({ shared, members }: Tree, count: number): Tree[] {
  return Array.from({ length: Math.ceil(members.length / count) }, (_, i) => {
    const part = members.slice(i * count, (i + 1) * count);
    return { shared, members: part, size: treeSize(shared, part) };
  });
}

function treeSize(shared: number, members: readonly Member[]): number {
  return members.reduce((sum, { input }) => sum + input.length - shared, shared);
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
