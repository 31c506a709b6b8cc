import type { CompileOptions, TensorFunction, TensorSpec } from '@memtrain/tfjs-jit';
import { onnxruntimeExecutor, type CompiledFunction, type Executor } from './executor.ts';

export interface CompiledCacheOptions {
  /** Default: ONNX Runtime. */
  readonly executor?: Executor;
  readonly compileOptions?: CompileOptions;
  /** Most functions kept. Default 32. */
  readonly limit?: number;
}

/** Compiled functions by signature, the least recently used one freed beyond `limit`. */
export class CompiledCache {
  readonly executor: Executor;
  readonly #compileOptions: CompileOptions;
  readonly #limit: number;
  readonly #entries = new Map<string, Promise<CompiledFunction>>();

  constructor(options: CompiledCacheOptions = {}) {
    this.executor = options.executor ?? onnxruntimeExecutor;
    this.#compileOptions = options.compileOptions ?? {};
    this.#limit = options.limit ?? 32;
  }

  /** The compiled form of `fn`, made the first time that `signature` is asked for; `more` is added to the compile options. */
  async get(signature: string, fn: TensorFunction, specs: readonly TensorSpec[], more: CompileOptions = {}): Promise<CompiledFunction> {
    const known = this.#entries.get(signature);
    if (known) {
      this.#entries.delete(signature);
      this.#entries.set(signature, known);
      return known;
    }
    const made = this.executor.compile(fn, specs, { ...this.#compileOptions, ...more });
    this.#entries.set(signature, made);
    made.catch(() => this.#entries.delete(signature));
    if (this.#entries.size > this.#limit) {
      const [oldest, compiled] = this.#entries.entries().next().value!;
      this.#entries.delete(oldest);
      await (await compiled).dispose();
    }
    return made;
  }

  /** Frees all of them; a later `get` compiles anew. */
  async dispose(): Promise<void> {
    const all = [...this.#entries.values()];
    this.#entries.clear();
    for (const compiled of all) await (await compiled).dispose();
  }
}
