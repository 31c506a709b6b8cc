import { activationKernels } from './activation.ts';
import { binaryKernels } from './binary.ts';
import { creationKernels } from './creation.ts';
import { indexingKernels } from './indexing.ts';
import type { KernelTable } from './kernel.ts';
import { matmulKernels } from './matmul.ts';
import { reductionKernels } from './reduction.ts';
import { shapeKernels } from './shape.ts';
import { slicingKernels } from './slicing.ts';
import { unaryKernels } from './unary.ts';

/** All kernels, by tfjs's names. */
export const kernelTables: readonly KernelTable[] = [
  activationKernels,
  binaryKernels,
  creationKernels,
  indexingKernels,
  matmulKernels,
  reductionKernels,
  shapeKernels,
  slicingKernels,
  unaryKernels,
];
