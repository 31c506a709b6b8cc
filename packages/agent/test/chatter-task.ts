import { runTrajectories } from '@memtrain/agent';
import type { RunTrajectoriesOptions, TrajectoryTask } from '@memtrain/agent';
import type { Model } from '@memtrain/policy';

export const sampling: { readonly maxTokens: number; readonly temperature: number } = { maxTokens: 8, temperature: 1 };

/** A trajectory that asks `steps` times and returns the replies. */
export const chatter = (id: string, steps: number): TrajectoryTask<string[]> => ({
  id,
  steps,
  *run() {
    const replies: string[] = [];
    for (let step = 0; step < steps; step++) {
      const result = yield { prompt: `${id} ${step} ${replies.at(-1) ?? ''}`, seed: step };
      if ('error' in result) return [...replies, `failed: ${result.error.message}`];
      replies.push(result.text);
    }
    return replies;
  },
});

export async function run<T>(
  model: Model,
  tasks: readonly TrajectoryTask<T>[],
  options: Partial<RunTrajectoriesOptions> = {},
): Promise<Map<string, T>> {
  const ended = new Map<string, T>();
  for await (const { id, value } of runTrajectories(model, tasks, { sampling, ...options })) ended.set(id, value);
  return ended;
}
