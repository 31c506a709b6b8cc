// Every name here is public API: named exports only.
export { compile } from './compile.ts';
export type { CompiledFunction, CompileOptions } from './compile.ts';
export { onnxOperator, withGradient } from './custom-op.ts';
export type { ForwardResult, OnnxOperatorOptions } from './custom-op.ts';
export { TfjsJitError } from './errors.ts';
export type { TfjsJitErrorCode } from './errors.ts';
export { jit } from './jit.ts';
export type { JitOptions, JittedFunction } from './jit.ts';
export type { ExecutionProvider } from './onnx-graph.ts';
export { formatOperatorTimes } from './operator-times.ts';
export type { OperatorTime } from './operator-times.ts';
export type { SaveGraphOptions } from './save-graph.ts';
export { kernelSupport } from './supported-kernels.ts';
export type { KernelSupport } from './supported-kernels.ts';
export type { TensorSpec, TensorType, TypedData } from './tensor-spec.ts';
export type { TensorTree } from './tensor-tree.ts';
export type { TensorFunction } from './trace.ts';
