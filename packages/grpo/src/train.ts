import { saveCheckpoint } from './checkpoint.ts';
import { asJson, configurationHash } from './configuration.ts';
import { makeStep } from './make-step.ts';
import { openRun } from './open-run.ts';
import type { TrainOptions, TrainResult } from './train-options.ts';
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
  const { step: resumedFrom, metrics, timing, callerState } = await openRun(options, { hash, configuration, settings });
  let step = resumedFrom;
  let savedStep = resumedFrom;
  let state = callerState;
  const save = async (): Promise<void> => {
    await metrics.sync();
    await timing.sync();
    const cursors = { metricsBytes: metrics.bytes, timingBytes: timing.bytes };
    await saveCheckpoint(
      folder,
      {
        format: 1,
        step,
        seed,
        ...cursors,
        configurationHash: hash,
        configuration,
        settings,
        state,
      },
      { saveLearner: (path) => learner.save(path), keepLast },
    );
    savedStep = step;
  };
  try {
    while (step < steps && !signal?.aborted) {
      const made = await makeStep(step + 1, options);
      if (!made) break;
      step++;
      await metrics.append(made.record);
      await timing.append({ step, ...made.seconds });
      // Taken now, not when saving: an aborted rollout of the next step may already have moved it.
      if (options.state) state = asJson(options.state.save());
      if (step % checkpointEvery === 0 || step === steps) await save();
      await options.onStep?.(made.record);
    }
    if (step > savedStep) await save();
    return { stopped: step < steps, step, resumedFrom };
  } finally {
    await metrics.close();
    await timing.close();
  }
}
