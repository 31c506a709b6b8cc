import { saveCheckpoint } from './checkpoint.ts';
import { asJson, configurationHash } from './configuration.ts';
import { makeStep } from './make-step.ts';
import { openRun } from './open-run.ts';
import { refreshReference, saveReference } from './reference-policy.ts';
import type { StepTiming, TrainOptions, TrainResult } from './train-options.ts';
import { checkTrainOptions, settingsOf } from './train-settings.ts';

/**
 * Trains: each step makes rollouts, filters their groups, and updates the learner (paper sections 4 to 6). The run folder holds
 * `metrics.jsonl` (the same bytes for the same seed, however often the run was stopped), `timing.jsonl` and `checkpoints/`.
 * When the folder has a checkpoint the run goes on from it. An update whose groups are all filtered takes no optimizer step.
 * An aborted signal drops the rollout under way, or lets the update under way finish, and leaves a checkpoint.
 * Throws `GrpoError` (any code), and whatever the learner or `rollout` throws; the last checkpoint then stays as it was.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  checkTrainOptions(options);
  const { learner, folder, steps, seed, checkpointEvery = 10, keepLast = 2, signal } = options;
  const settings = settingsOf(options);
  const configuration = asJson(options.configuration);
  const hash = configurationHash({ configuration, settings });
  const { metrics, timing, ...opened } = await openRun(options, { hash, configuration, settings });
  const resumedFrom = opened.step;
  let { step, progress } = opened;
  let savedStep = resumedFrom;
  let state = opened.callerState;
  const save = async (): Promise<void> => {
    await metrics.sync();
    await timing.sync();
    await saveCheckpoint(
      folder,
      {
        format: 1,
        step,
        seed,
        metricsBytes: metrics.bytes,
        timingBytes: timing.bytes,
        configurationHash: hash,
        configuration,
        settings,
        progress,
        state,
      },
      { saveLearner: (path) => learner.save(path), saveReference: (path) => saveReference(path, options), keepLast },
    );
    savedStep = step;
  };
  try {
    while (step < steps && !signal?.aborted) {
      const made = await makeStep(step + 1, options, progress);
      if (!made) break;
      step++;
      const { record, seconds } = made;
      await refreshReference(step, options);
      await metrics.append(record);
      const taken: StepTiming = { step, ...seconds, tokensPerSecond: rateOf(record, progress.totals, seconds) };
      await timing.append(taken);
      // Taken now, not when saving: an aborted rollout of the next step may already have moved it.
      if (options.state) state = asJson(options.state.save());
      const firstMeanTokens = progress.firstMeanTokens ?? (record.meanTokens > 0 ? record.meanTokens : undefined);
      progress = { ...progress, totals: record.totals, firstMeanTokens };
      if (step % checkpointEvery === 0 || step === steps) {
        const score = options.best?.(record);
        if (score !== undefined && score > (progress.best?.score ?? -Infinity)) progress = { ...progress, best: { step, score } };
        await save();
      }
      await options.onStep?.(record, taken);
    }
    if (step > savedStep) await save();
    return { stopped: step < steps, step, resumedFrom };
  } finally {
    await metrics.close();
    await timing.close();
  }
}

/** Sampled tokens per second of the whole step. */
function rateOf(
  record: { readonly totals: { readonly sampledTokens: number } },
  before: { readonly sampledTokens: number },
  seconds: Readonly<Record<string, number>>,
): number {
  return (record.totals.sampledTokens - before.sampledTokens) / Object.values(seconds).reduce((sum, value) => sum + value, 0);
}
