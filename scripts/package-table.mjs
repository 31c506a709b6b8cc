/**
 * The layout of the repository, lowest package first: what each package may import of the others. The one copy of this table that
 * the checks read; docs/architecture.md shows the same in words.
 */
export const scope = '@memtrain/';

export const mayImport = {
  policy: [],
  corpus: [],
  rewards: [],
  'tfjs-jit': [],
  'tfjs-node-setup': [],
  agent: ['policy'],
  grpo: ['policy'],
  lm: ['policy', 'tfjs-jit', 'tfjs-node-setup'],
  tinker: ['policy'],
  benchmarks: ['policy', 'agent', 'rewards'],
  memtrain: ['policy', 'corpus', 'rewards', 'tfjs-jit', 'tfjs-node-setup', 'agent', 'grpo', 'lm', 'tinker', 'benchmarks'],
};
