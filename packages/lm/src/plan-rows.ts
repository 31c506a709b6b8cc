import type { BranchShape } from './branch-attention.ts';
import { lengthBucket, rowLengths, trunkBucket } from './bucket.ts';
import type { LanguageModelConfiguration } from './configuration.ts';
import { cutTree, growTrees, smallestTrees, type Member, type Tree } from './training-tree.ts';

/** Rows of one length, see the layouts of `TrainingBatch`. */
export interface RowPlan {
  /** Trees of each row; with branches, one. */
  readonly rows: readonly (readonly Tree[])[];
  readonly length: number;
  readonly branches?: BranchShape;
  /** Tokens of a row, padding and branches included. */
  readonly rowTokens: number;
  /** About how much there is to compute, in tokens. */
  readonly cost: number;
}

export interface PlanRowsOptions {
  /** Most tokens of a batch. A row with branches has no more either, or twice the tokens of its longest conversation. */
  readonly tokenBudget: number;
  /** Most tokens of a row that several conversations are packed into. */
  readonly longestRow: number;
  /** Cost of a pair of tokens of a row, in tokens, see `attentionCost`. */
  readonly pairCost: number;
  /** Whether rows may have branches. */
  readonly branched: boolean;
}

/** Cost of attending from one token to another, in tokens: its multiplications beside those of a token in a layer's projections. */
export function attentionCost({ hiddenSize, heads, keyValueHeads, headSize, intermediateSize }: LanguageModelConfiguration): number {
  const projections = hiddenSize * (2 * heads * headSize + 2 * keyValueHeads * headSize + 3 * intermediateSize);
  return (2 * heads * headSize) / projections;
}

/**
 * Puts conversations into rows so that about the least is computed. Long packed rows save padding and repeated beginnings but compute
 * attention between conversations that never see each other; rows with branches do not, but every branch is as long as the longest.
 */
export function planRows(members: readonly Member[], options: PlanRowsOptions): RowPlan[] {
  const packed = [packedRows(members, options)];
  if (!options.branched) return packed;
  const mixed = mixedRows(members, options);
  return costOf(mixed) < costOf(packed) ? mixed : packed;
}

function costOf(plan: readonly RowPlan[]): number {
  return plan.reduce((sum, { cost }) => sum + cost, 0);
}

/** Whole trees in rows of the best length. */
function packedRows(members: readonly Member[], { longestRow, pairCost }: PlanRowsOptions): RowPlan {
  const longest = Math.max(...members.map(({ input }) => input.length));
  return cheapest(
    rowLengths(longest, longestRow).map((length) => {
      const rows = fillRows(growTrees(members, length), length);
      return { rows, length, rowTokens: length, cost: rows.length * length * (1 + length * pairCost) };
    }),
  )!;
}

/** Trees of like size as rows with branches wherever that is less to compute, the other conversations packed. */
function mixedRows(members: readonly Member[], options: PlanRowsOptions): RowPlan[] {
  const classes = new Map<string, Tree[]>();
  const others: Member[] = [];
  for (const tree of smallestTrees(members)) {
    if (tree.members.length === 1) {
      others.push(tree.members[0]!);
      continue;
    }
    const key = `${sizeClass(tree.shared)} ${sizeClass(longestBranch(tree))}`;
    classes.set(key, [...(classes.get(key) ?? []), tree]);
  }
  const plan: RowPlan[] = [];
  for (const trees of classes.values()) {
    const own = trees.flatMap((tree) => tree.members);
    const branched = branchedRows(trees, options);
    if (branched && branched.cost < packedRows(own, options).cost) plan.push(branched);
    else others.push(...own);
  }
  // In the caller's order, whatever class they came from.
  if (others.length > 0)
    plan.push(
      packedRows(
        others.toSorted((a, b) => a.conversation - b.conversation),
        options,
      ),
    );
  return plan;
}

/** Numbers of branches that a row may have. */
const BRANCH_COUNTS = [2, 4, 8, 16];

/** One tree a row, cut where it has more members than a row has branches. */
function branchedRows(trees: readonly Tree[], { tokenBudget, pairCost }: PlanRowsOptions): RowPlan | undefined {
  const length = trunkBucket(Math.max(...trees.map(({ shared }) => shared)));
  const branch = lengthBucket(Math.max(...trees.map(longestBranch)));
  // A longer conversation makes a batch of its own anyway: for twice the memory several share its beginning.
  const mostTokens = Math.max(tokenBudget, 2 * (length + branch));
  return cheapest(
    BRANCH_COUNTS.flatMap((count) => {
      const rowTokens = length + count * branch;
      if (rowTokens > mostTokens) return [];
      const rows = trees.flatMap((tree) => cutTree(tree, count)).map((tree) => [tree]);
      const pairs = length * length + count * branch * (length + branch);
      return { rows, length, branches: { count, length: branch }, rowTokens, cost: rows.length * (rowTokens + pairs * pairCost) };
    }),
  );
}

function cheapest(plans: readonly RowPlan[]): RowPlan | undefined {
  return plans.length === 0 ? undefined : plans.reduce((best, plan) => (plan.cost < best.cost ? plan : best));
}

function longestBranch({ shared, members }: Tree): number {
  return Math.max(...members.map(({ input }) => input.length - shared));
}

/** Sizes of a class differ by less than a factor of two. */
function sizeClass(size: number): number {
  return Math.ceil(Math.log2(Math.max(16, size)));
}

/** Puts trees into rows, the largest first, each where it leaves the least room. */
function fillRows(trees: readonly Tree[], length: number): Tree[][] {
  const rows: { trees: Tree[]; room: number }[] = [];
  const order = [...trees].sort((a, b) => b.size - a.size || a.members[0]!.conversation - b.members[0]!.conversation);
  for (const tree of order) {
    let fit: { trees: Tree[]; room: number } | undefined;
    for (const row of rows) if (row.room >= tree.size && (!fit || row.room < fit.room)) fit = row;
    if (!fit) rows.push((fit = { trees: [], room: length }));
    fit.trees.push(tree);
    fit.room -= tree.size;
  }
  return rows.map((row) => row.trees);
}
