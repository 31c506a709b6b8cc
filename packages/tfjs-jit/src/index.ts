// Every name here is public API: named exports only.
export { compile } from './compile.ts';
export type { CompiledFunction, CompileOptions } from './compile.ts';
export { TfjsJitError } from './errors.ts';
export type { TfjsJitErrorCode } from './errors.ts';
export { jit } from './jit.ts';
export type { JitOptions, JittedFunction } from './jit.ts';
export type { TensorSpec, TensorType, TypedData } from './tensor-spec.ts';
export type { TensorTree } from './tensor-tree.ts';
export type { TensorFunction } from './trace.ts';
