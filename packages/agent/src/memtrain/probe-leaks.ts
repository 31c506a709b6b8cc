import { deriveSeed } from '@memtrain/policy';
import type { Model } from '@memtrain/policy';
import { readDocuments } from '../read/read-documents.ts';
import type { ReadDocumentsOptions } from '../read/read-documents.ts';
import type { ReadItem } from '../read/trajectory.ts';

/** A document's problem, and what its answers are worth. */
export interface ProbedDocument {
  /** Unique in the rollout. */
  readonly id: string;
  readonly problem: string;
  /** The verdict on an answer; `undefined` stands for a reply without one. */
  readonly outcome: (answer: string | undefined) => number;
}

export interface ProbeLeaksOptions extends Omit<ReadDocumentsOptions, 'onProgress' | 'onAbort'> {
  readonly seed: number;
  /** Answers to each problem. */
  readonly samples: number;
}

/**
 * The verdicts on answers that are given without having read anything: the last prompt of a reading, with an empty memory. What is right here
 * was known to the model, or can be guessed. One call of a few tokens an answer; nothing of it is trained on.
 */
export async function probeLeaks(model: Model, documents: readonly ProbedDocument[], options: ProbeLeaksOptions): Promise<number[]> {
  const { seed, samples, ...reading } = options;
  const probes = documents.flatMap((document, index) =>
    Array.from({ length: samples }, (_, sample) => {
      const item: ReadItem = {
        id: `leak/${document.id}/${sample}`,
        chunks: [],
        problem: document.problem,
        seed: deriveSeed(seed, 'leak', index, sample),
      };
      return { document, item };
    }),
  );
  const answered = await readDocuments(
    model,
    probes.map(({ item }) => item),
    reading,
  );
  return probes.map(({ document }, index) => document.outcome(answered[index]!.answer));
}
