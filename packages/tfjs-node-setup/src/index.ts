// Every name here is public API: named exports only.
export { checkTensorFlow } from './check-tensorflow.ts';
export type { TensorFlowCheck } from './check-tensorflow.ts';
export { TensorFlowSetupError } from './errors.ts';
export type { TensorFlowSetupErrorCode } from './errors.ts';
export { defaultCacheFolder, findTensorFlow } from './installation.ts';
export type { FindTensorFlowOptions, TensorFlowInstallation } from './installation.ts';
export { linkTensorFlow } from './link-tensorflow.ts';
export { loadTensorFlow } from './load-tensorflow.ts';
export type { LoadTensorFlowOptions } from './load-tensorflow.ts';
export { setUpTensorFlow } from './set-up-tensorflow.ts';
export type { SetUpProgress, SetUpStep, SetUpTensorFlowOptions } from './set-up-tensorflow.ts';
export type { TensorFlowVariant } from './versions.ts';
