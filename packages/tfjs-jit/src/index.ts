// Every name here is public API: named exports only.
export { compile } from './compile.ts';
export type { CompiledFunction, CompileOptions } from './compile.ts';
export { TfjsJitError } from './errors.ts';
export type { TfjsJitErrorCode } from './errors.ts';
export type { TensorSpec, TensorType, TypedData } from './tensor-spec.ts';
export type { TensorFunction } from './trace.ts';
