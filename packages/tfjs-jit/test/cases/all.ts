import { convolutionCases } from './convolution.ts';
import { elementwiseCases } from './elementwise.ts';
import { imageCases } from './images.ts';
import { indexingCases } from './indexing.ts';
import type { KernelCases } from './kernel-case.ts';
import { matmulCases } from './matmul.ts';
import { reductionCases } from './reduction.ts';
import { structureCases } from './structure.ts';

/** A random case for every implemented kernel. */
export const kernelCases: KernelCases = {
  ...convolutionCases,
  ...elementwiseCases,
  ...imageCases,
  ...indexingCases,
  ...matmulCases,
  ...reductionCases,
  ...structureCases,
};
