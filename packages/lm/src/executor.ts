import {
  compile,
  type CompiledFunction as JitFunction,
  type CompileOptions,
  type ExecutionProvider,
  type TensorFunction,
  type TensorSpec,
} from '@memtrain/tfjs-jit';

/** A function of fixed shapes, ready to run on typed arrays; see `compile` of `@memtrain/tfjs-jit` for `run`. Free it with `dispose`. */
export type CompiledFunction = Pick<JitFunction, 'inputs' | 'outputs' | 'run' | 'dispose'>;

/** What runs the model: it is given functions of TensorFlow.js operations, gradients included, and shapes. */
export interface Executor {
  /** For messages and reports, e.g. `onnxruntime`. */
  readonly name: string;
  compile(fn: TensorFunction, specs: readonly TensorSpec[], options: CompileOptions): Promise<CompiledFunction>;
}

/** Compiles by `@memtrain/tfjs-jit` and runs on the CPU by ONNX Runtime; the default. */
export const onnxruntimeExecutor: Executor = { name: 'onnxruntime', compile };

/** The same on another of ONNX Runtime's execution providers. Inputs and outputs pass through the memory of the host at each run. */
export function providerExecutor(executionProvider: ExecutionProvider): Executor {
  return {
    name: `onnxruntime-${executionProvider}`,
    compile: (fn, specs, options) => compile(fn, specs, { ...options, executionProvider }),
  };
}
