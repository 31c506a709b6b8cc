import { checkTensorFlow, defaultCacheFolder, findTensorFlow, setUpTensorFlow, type SetUpProgress } from '@memtrain/tfjs-node-setup';
import { resolve } from 'node:path';
import type { Progress, ProgressTask } from '../progress/progress.ts';
import type { CommandContext } from './context.ts';
import type { SetupTensorFlowFlags } from './setup.ts';

/** Runs `memtrain setup tensorflow`; throws what `setUpTensorFlow` throws. */
export async function runSetupTensorFlow(flags: SetupTensorFlowFlags, { signal, progress, print }: CommandContext): Promise<void> {
  const before = findTensorFlow({ cache: flags.cache, gpu: flags.gpu ?? false });
  const report = stepProgress(progress);
  let installation;
  try {
    installation = await setUpTensorFlow({ ...flags, signal, onProgress: report.onProgress });
  } finally {
    report.finish();
  }
  const { tensorflow, gpu } = await checkTensorFlow(installation, { signal });
  const device = gpu ? 'computes on the GPU' : `computes on the CPU${flags.gpu ? ' (no GPU or CUDA 12 found)' : ''}`;
  print(
    `${before ? 'already set up' : 'set up'}: TensorFlow ${tensorflow} for tfjs-node ${installation.tfjsNode}, ${device}, in ${installation.folder}`,
  );
  if (flags.cache !== undefined && resolve(flags.cache) !== defaultCacheFolder()) {
    print(`set TFJS_NODE_SETUP_CACHE=${resolve(flags.cache)} so that it is found there`);
  }
}

/** One progress task a step; bytes are counted in megabytes. */
function stepProgress(progress: Progress): { onProgress(news: SetUpProgress): void; finish(): void } {
  let [step, task]: [string, ProgressTask | undefined] = ['', undefined];
  const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
  return {
    onProgress({ step: now, message, done, total }) {
      if (now !== step) {
        task?.finish();
        task = progress.task(total === undefined ? message : `${message} (MB)`, total === undefined ? undefined : megabytes(total));
        step = now;
        if (done === undefined) task.update(0, 'begun');
      }
      if (done !== undefined) task?.update(megabytes(done));
    },
    finish: () => task?.finish(),
  };
}
