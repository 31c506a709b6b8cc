import type { CompiledFunction } from '@memtrain/tfjs-jit';

/** Compiled functions by signature, the least recently used one freed beyond `limit`. */
export class CompiledCache {
  readonly #entries = new Map<string, Promise<CompiledFunction>>();
  readonly #limit: number;

  constructor(limit = 32) {
    this.#limit = limit;
  }

  /** The compiled function of this signature, made by `make` the first time. */
  async get(signature: string, make: () => Promise<CompiledFunction>): Promise<CompiledFunction> {
    const known = this.#entries.get(signature);
    if (known) {
      this.#entries.delete(signature);
      this.#entries.set(signature, known);
      return known;
    }
    const made = make();
    this.#entries.set(signature, made);
    made.catch(() => this.#entries.delete(signature));
    if (this.#entries.size > this.#limit) {
      const [oldest, compiled] = this.#entries.entries().next().value!;
      this.#entries.delete(oldest);
      await (await compiled).dispose();
    }
    return made;
  }

  async dispose(): Promise<void> {
    const all = [...this.#entries.values()];
    this.#entries.clear();
    for (const compiled of all) await (await compiled).dispose();
  }
}
