import { BenchmarkError } from '../errors.ts';
import type { Benchmark, BenchmarkItem } from '../items/benchmark-item.ts';
import { corpusHashOf, describeFile } from '../items/data-file.ts';
import type { AdapterOptions } from './adapter.ts';
import { composeObjectives } from './compose-objectives.ts';
import { adapters } from './registry.ts';

export interface OpenBenchmarkOptions extends AdapterOptions {
  /** The files of data. */
  readonly files: readonly string[];
  /** Composes so many consecutive questions into one. Default 1. */
  readonly objectives?: number;
  /** Keeps only the first so many items of each group (of each file, where the file says no group). */
  readonly count?: number;
}

/**
 * A benchmark out of its files. Each file is read once, an element at a time, and its texts are opened later. Throws `BenchmarkError`:
 * `bad-options` for an unknown name, `no-file`, `bad-data` with the place in the file.
 */
export async function openBenchmark(name: string, options: OpenBenchmarkOptions): Promise<Benchmark> {
  const adapter = Object.hasOwn(adapters, name) ? adapters[name] : undefined;
  if (!adapter) {
    throw new BenchmarkError('bad-options', `there is no benchmark "${name}": give one of ${Object.keys(adapters).join(', ')}`);
  }
  const { files: paths, objectives = 1, count = Infinity } = options;
  if (paths.length === 0) throw new BenchmarkError('bad-options', `${name} has no file: give at least one`);
  const items: BenchmarkItem[] = [];
  for (const path of paths) {
    const held = new Map<string, number>();
    const own: BenchmarkItem[] = [];
    for await (const item of adapter.items(path, options)) {
      const seen = held.get(item.group) ?? 0;
      if (seen >= count * objectives) continue;
      held.set(item.group, seen + 1);
      own.push(item);
    }
    items.push(...composeObjectives(own, objectives));
  }
  const ids = new Set<string>();
  for (const { id } of items) {
    if (ids.has(id)) throw new BenchmarkError('bad-data', `the id ${id} is given twice in ${paths.join(', ')}: give every item its own`);
    ids.add(id);
  }
  if (items.length === 0) throw new BenchmarkError('bad-data', `there is no question in ${paths.join(', ')}: give another file`);
  const described = await Promise.all([...paths, ...(options.documents === undefined ? [] : [options.documents])].map(describeFile));
  return {
    name: objectives === 1 ? name : `${name}, ${objectives} objectives`,
    headline: adapter.headline,
    files: described,
    corpusHash: corpusHashOf(described),
    items,
  };
}
