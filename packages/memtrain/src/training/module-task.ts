import { deriveSeed } from '@memtrain/policy';
import type { TrainConfig } from '../config/train-config.ts';
import { moduleFiles } from './module-files.ts';
import { loadTask } from './own-task.ts';
import { probeUpdate } from './probe-update.ts';
import { describeMemory, describeTime, stateBytes } from './state-bytes.ts';
import type { TrainingTask } from './training-task.ts';

/** A task of your own, by module path. Throws what `loadTask` throws. */
export async function moduleTask(path: string, config: TrainConfig): Promise<TrainingTask> {
  const task = await loadTask(path);
  return {
    data: { taskFiles: moduleFiles(path) },
    about: `task ${path}`,
    texts: () => [],
    open: (learner) => ({
      rollout: (context) => task({ ...context, config }),
      notes: () => [],
      estimate: async () => {
        const started = performance.now();
        const seed = deriveSeed(config.seed, 'rollout', 1);
        const { groups } = await task({ step: 1, attempt: 0, policyVersion: 0, seed, model: await learner.model(), config });
        const rollout = (performance.now() - started) / 1000;
        const { conversations, promptTokens, seconds } = await probeUpdate(learner, groups, config);
        return [
          `an update: ${groups.length} groups, ${conversations} conversations, ${promptTokens} tokens of prompts`,
          describeMemory(stateBytes(learner, config), process.memoryUsage().rss),
          describeTime({ rollout, ...seconds, update: seconds.update * config.innerSteps }, config),
        ];
      },
    }),
    close: () => undefined,
  };
}
