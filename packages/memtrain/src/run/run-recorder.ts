import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StepRecord, StepTiming } from '@memtrain/grpo';
import type { ReportTrajectory } from '../report/report-data.ts';
import { appendJsonLine, filterJsonLines, readJsonLines } from './json-lines.ts';
import { runFiles } from './run-folder.ts';
import { stepCurves } from './step-curves.ts';
import { TensorboardWriter } from './tensorboard-events.ts';
import type { TrackioSender } from './trackio.ts';

/** What a run keeps beside the trainer's own files: sample trajectories and TensorBoard events. Holds an open file: call `close`. */
export class RunRecorder {
  readonly #folder: string;
  readonly #now: () => Date;
  #tensorboard: TensorboardWriter | undefined;
  readonly #trackio: TrackioSender | undefined;
  /** Spent on the updates drawn so far. */
  #seconds = 0;
  #trimmed: Promise<void> | undefined;

  constructor(folder: string, options: { readonly now: () => Date; readonly trackio?: TrackioSender | undefined }) {
    this.#folder = folder;
    this.#now = options.now;
    this.#trackio = options.trackio;
  }

  /** Keeps a few trajectories of the update that is being made; those that a stopped run left of the same or later updates go. */
  async trajectories(step: number, samples: readonly ReportTrajectory[]): Promise<void> {
    const file = join(this.#folder, runFiles.trajectories);
    await (this.#trimmed ??= filterJsonLines<ReportTrajectory>(file, (sample) => sample.step < step));
    for (const sample of samples) appendJsonLine(file, sample);
  }

  /** Adds an update to the curves; the first one after a start writes the TensorBoard file anew from the logs, which the trainer cut to its checkpoint. */
  step(record: StepRecord, timing: StepTiming): void {
    const wallTime = this.#now().getTime() / 1000;
    if (!this.#tensorboard) {
      const file = join(this.#folder, runFiles.tensorboard);
      mkdirSync(dirname(file), { recursive: true });
      this.#tensorboard = new TensorboardWriter(file, { fresh: true, wallTime });
      const timings = readJsonLines<StepTiming>(join(this.#folder, runFiles.timing));
      for (const before of readJsonLines<StepRecord>(join(this.#folder, runFiles.metrics))) {
        if (before.step < record.step)
          this.#draw(
            before,
            timings.find(({ step }) => step === before.step),
            wallTime,
          );
      }
    }
    const curves = this.#draw(record, timing, wallTime);
    this.#trackio?.add({ step: record.step, metrics: curves });
  }

  close(): void {
    this.#tensorboard?.close();
    this.#tensorboard = undefined;
  }

  #draw(record: StepRecord, timing: StepTiming | undefined, wallTime: number): Record<string, number> {
    if (timing) this.#seconds += timing.rollout + timing.logprobs + timing.update;
    const curves = stepCurves(record, timing && { ...timing, soFar: this.#seconds });
    for (const [tag, value] of Object.entries(curves)) this.#tensorboard!.scalar({ step: record.step, tag, value, wallTime });
    return curves;
  }
}
