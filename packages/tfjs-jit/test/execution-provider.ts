import type { ExecutionProvider } from '@memtrain/tfjs-jit';

/** Where kernels and models are tested: `TFJS_JIT_PROVIDER=webgpu` (or cuda) puts another in place of the cpu. */
export const executionProvider = (process.env['TFJS_JIT_PROVIDER'] ?? 'cpu') as ExecutionProvider;
