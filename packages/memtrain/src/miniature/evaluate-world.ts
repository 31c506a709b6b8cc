import type { World } from '@memtrain/corpus';
import { deriveSeed } from '@memtrain/policy';
import type { Model } from '@memtrain/policy';
import { evaluateDocuments } from '../evaluation/evaluate-documents.ts';
import type { ReportTrajectory } from '../report/report-data.ts';
import { reportTrajectory } from '../training/report-trajectory.ts';
import type { ReadingOptions } from '../training/reading-rollout.ts';
import type { MiniatureScale } from './scales.ts';
import { worldDocuments } from './world-documents.ts';
import type { WorldTask } from './world-documents.ts';

/** Accuracy of one model on documents of one kind and length. */
export interface WorldEvaluation {
  readonly task: WorldTask;
  readonly chunks: number;
  /** 1 or 0 for each document, in a fixed order: the same documents for every model, so they can be compared in pairs. */
  readonly outcomes: readonly number[];
  /** A few of the readings. */
  readonly samples: readonly ReportTrajectory[];
}

export interface EvaluateWorldOptions {
  readonly scale: MiniatureScale;
  readonly reading: ReadingOptions;
  /** Name and step that go with the sample readings. */
  readonly arm: string;
  readonly step: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Masked-entity and question accuracy at every length of the scale. */
export async function evaluateWorld(model: Model, world: World, options: EvaluateWorldOptions): Promise<WorldEvaluation[]> {
  const { chunks: lengths, masked, questions, seed } = options.scale.evaluation;
  const parts = (['mask', 'qa'] as const).flatMap((task) => {
    const count = task === 'mask' ? masked : questions;
    return count === 0 ? [] : lengths.map((chunks) => ({ task, chunks, count }));
  });
  const total = parts.reduce((sum, { count, chunks }) => sum + count * (chunks + 1), 0);
  const results: WorldEvaluation[] = [];
  let before = 0;
  for (const { task, chunks, count } of parts) {
    const readings = await evaluateDocuments(model, worldDocuments(world, { task, count, chunks, seed }), {
      reading: options.reading,
      seed: deriveSeed(seed, 'read', task, chunks),
      signal: options.signal,
      onProgress: (done) => options.onProgress?.(before + done, total),
    });
    before += count * (chunks + 1);
    results.push({
      task,
      chunks,
      outcomes: readings.map(({ outcome }) => outcome),
      // The shortest length that shows a memory carried over several chunks.
      samples: chunks === 4 ? readings.slice(0, 2).map((reading) => reportTrajectory(options.arm, options.step, reading)) : [],
    });
  }
  return results;
}
