import { activationKernels } from './activation.ts';
import { binaryKernels } from './binary.ts';
import { convolutionKernels } from './convolution.ts';
import { convolutionGradientKernels } from './convolution-gradient.ts';
import { countingKernels } from './counting.ts';
import { creationKernels } from './creation.ts';
import { dilationKernels } from './dilation.ts';
import { imageSamplingKernels } from './image-sampling.ts';
import { indexingKernels } from './indexing.ts';
import type { KernelTable } from './kernel.ts';
import { matmulKernels } from './matmul.ts';
import { normalizationKernels } from './normalization.ts';
import { poolingKernels } from './pooling.ts';
import { rearrangementKernels } from './rearrangement.ts';
import { reductionKernels } from './reduction.ts';
import { resizeKernels } from './resize.ts';
import { shapeKernels } from './shape.ts';
import { slicingKernels } from './slicing.ts';
import { sparseKernels } from './sparse.ts';
import { unaryKernels } from './unary.ts';

/** All kernels, by tfjs's names. */
export const kernelTables: readonly KernelTable[] = [
  activationKernels,
  binaryKernels,
  convolutionKernels,
  convolutionGradientKernels,
  countingKernels,
  creationKernels,
  dilationKernels,
  imageSamplingKernels,
  indexingKernels,
  matmulKernels,
  normalizationKernels,
  poolingKernels,
  rearrangementKernels,
  reductionKernels,
  resizeKernels,
  shapeKernels,
  slicingKernels,
  sparseKernels,
  unaryKernels,
];
