/**
 * The layout of the repository, lowest package first: what each package may import of the others. The one copy of this table that
 * the checks read; docs/architecture.md shows the same in words.
 */
export const scope = '@memtrain/';

export const mayImport = {
  'durable-files': [],
  policy: [],
  corpus: ['durable-files'],
  rewards: [],
  'tfjs-jit': ['durable-files'],
  'tfjs-node-setup': [],
  agent: ['policy'],
  grpo: ['durable-files', 'policy'],
  lm: ['durable-files', 'policy', 'tfjs-jit', 'tfjs-node-setup'],
  tinker: ['policy'],
  benchmarks: ['durable-files', 'policy', 'agent', 'rewards'],
  memtrain: ['durable-files', 'policy', 'corpus', 'rewards', 'tfjs-jit', 'tfjs-node-setup', 'agent', 'grpo', 'lm', 'tinker', 'benchmarks'],
};
