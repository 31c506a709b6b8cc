import { join } from 'node:path';
import { writeFileDurably } from '@memtrain/durable-files';
import type { RolloutGroup } from '@memtrain/policy';

/** Writes a step's groups, token ids and all, to `bad-batches/step-NNNNNN.jsonl` of the run folder, one line a group; returns the path. */
export async function saveBadBatch(folder: string, step: number, groups: readonly RolloutGroup[]): Promise<string> {
  const path = join(folder, 'bad-batches', `step-${String(step).padStart(6, '0')}.jsonl`);
  // Typed arrays are objects to JSON; a number that is not finite is kept as text.
  const plain = (_key: string, value: unknown): unknown => {
    if (value instanceof Int32Array || value instanceof Float32Array) return [...value];
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  };
  await writeFileDurably(path, groups.map((group) => `${JSON.stringify(group, plain)}\n`).join(''));
  return path;
}
