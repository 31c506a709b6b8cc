const complex = 'complex64 tensors have no counterpart in ONNX Runtime';
const strings = 'string tensors cannot be compiled';
const shapeFromData = 'the shape of its result depends on data';

/** The kernels of tfjs's cpu backend that cannot be compiled, and why. */
export const refusedKernels: Readonly<Record<string, string>> = {
  Complex: complex,
  ComplexAbs: complex,
  Draw: 'it draws on a canvas',
  FFT: complex,
  IFFT: complex,
  Imag: complex,
  Multinomial: 'its random numbers would be the same in every run; draw outside, and pass the draw as an input',
  NonMaxSuppressionV3: shapeFromData,
  NonMaxSuppressionV4: 'which boxes it selects is decided by a loop over data',
  NonMaxSuppressionV5: shapeFromData,
  RaggedGather: shapeFromData,
  RaggedRange: shapeFromData,
  RaggedTensorToTensor: shapeFromData,
  Real: complex,
  SparseFillEmptyRows: shapeFromData,
  StaticRegexReplace: strings,
  StringNGrams: strings,
  StringSplit: strings,
  StringToHashBucketFast: strings,
  Unique: shapeFromData,
};
