import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StepRecord } from '@memtrain/grpo';
import type { ReportTrajectory } from '../report/report-data.ts';
import { appendJsonLine, filterJsonLines, readJsonLines } from './json-lines.ts';
import { runFiles } from './run-folder.ts';
import { stepMetrics } from './step-metrics.ts';
import { TensorboardWriter } from './tensorboard-events.ts';
import type { TrackioSender } from './trackio.ts';

/** What a run keeps beside the trainer's own files: sample trajectories and TensorBoard events. Holds an open file: call `close`. */
export class RunRecorder {
  readonly #folder: string;
  readonly #now: () => Date;
  #tensorboard: TensorboardWriter | undefined;
  readonly #trackio: TrackioSender | undefined;
  #trimmed = false;

  constructor(folder: string, options: { readonly now: () => Date; readonly trackio?: TrackioSender | undefined }) {
    this.#folder = folder;
    this.#now = options.now;
    this.#trackio = options.trackio;
  }

  /** Keeps a few trajectories of the update that is being made; those that a stopped run left of the same or later updates go. */
  trajectories(step: number, samples: readonly ReportTrajectory[]): void {
    const file = join(this.#folder, runFiles.trajectories);
    if (!this.#trimmed) filterJsonLines<ReportTrajectory>(file, (sample) => sample.step < step);
    this.#trimmed = true;
    for (const sample of samples) appendJsonLine(file, sample);
  }

  /** Adds an update to the TensorBoard file; the first one after a start writes the file anew from `metrics.jsonl`, which the trainer cut to its checkpoint. */
  step(record: StepRecord): void {
    const wallTime = this.#now().getTime() / 1000;
    this.#trackio?.add({ step: record.step, metrics: numbersOf(record) });
    if (this.#tensorboard) {
      this.#scalars(this.#tensorboard, record, wallTime);
      return;
    }
    const file = join(this.#folder, runFiles.tensorboard);
    mkdirSync(dirname(file), { recursive: true });
    this.#tensorboard = new TensorboardWriter(file, { fresh: true, wallTime });
    for (const each of readJsonLines<StepRecord>(join(this.#folder, runFiles.metrics))) this.#scalars(this.#tensorboard, each, wallTime);
  }

  close(): void {
    this.#tensorboard?.close();
    this.#tensorboard = undefined;
  }

  #scalars(writer: TensorboardWriter, record: StepRecord, wallTime: number): void {
    for (const [tag, value] of Object.entries(numbersOf(record)))
      writer.scalar({ step: record.step, tag: `train/${tag}`, value, wallTime });
  }
}

/** The curves of an update, nulls left out. */
function numbersOf(record: StepRecord): Record<string, number> {
  const entries = Object.entries(stepMetrics(record)) as [string, number | null][];
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => entry[1] !== null));
}
