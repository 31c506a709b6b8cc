import * as tf from '@tensorflow/tfjs';
import { refusedKernels } from './kernels/refused.ts';
import { kernelTables } from './kernels/tables.ts';

/** Whether a tfjs kernel can be compiled. */
export interface KernelSupport {
  readonly kernel: string;
  /** Why not; undefined when it can. */
  readonly refused: string | undefined;
  /** tfjs has a gradient for it, which can be compiled as well. */
  readonly gradient: boolean;
}

/**
 * What is known of every kernel that the installed tfjs registers for its `cpu` backend, by name. A kernel that is neither implemented nor refused
 * for a reason says so in `refused`.
 */
export function kernelSupport(): KernelSupport[] {
  const implemented = new Set(kernelTables.flatMap((table) => Object.keys(table)));
  return tf
    .getKernelsForBackend('cpu')
    .map(({ kernelName }) => ({
      kernel: kernelName,
      refused: implemented.has(kernelName) ? undefined : (refusedKernels[kernelName] ?? 'unknown to this version'),
      gradient: implemented.has(kernelName) && tf.getGradient(kernelName) != null,
    }))
    .toSorted((a, b) => (a.kernel < b.kernel ? -1 : 1));
}
