import type { RolloutContext } from '@memtrain/grpo';
import type { LanguageModel } from '@memtrain/lm';
import type { TaskRollout } from './run-training.ts';

/** What a run trains on, before a model is there. */
export interface TrainingTask {
  /** What the run's data are, for its `config.json`: a resumed run must have the same. Plain JSON. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The data in a few words. */
  readonly about: string;
  /** Texts that a fresh model's tokenizer is learnt from. */
  readonly texts: () => readonly string[] | Promise<readonly string[]>;
  open(learner: LanguageModel): OpenedTask;
  close(): void;
}

/** A task for a model. */
export interface OpenedTask {
  readonly rollout: (context: RolloutContext) => Promise<TaskRollout>;
  /** What a reader should know after the run. */
  notes(): readonly string[];
  /** Lines on what an update would cost, from a short probe. */
  estimate(): Promise<readonly string[]>;
}
