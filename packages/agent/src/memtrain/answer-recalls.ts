import { deriveSeed } from '@memtrain/policy';
import type { Conversation, Model } from '@memtrain/policy';
import { answerOf } from '../templates/answer-of.ts';
import { checkIntegers, checkModel } from '../check-options.ts';
import { promptOf } from '../schedule/complete-all.ts';
import type { Recall } from './draw-recalls.ts';
import { asError } from '../errors.ts';
import type { PromptTemplate } from '../templates/prompt-template.ts';
import { runStored } from '../schedule/run-stored.ts';
import { recallStorage } from './stored-recall.ts';
import type { TrajectoryFile } from '../schedule/trajectory-file.ts';
import { isCancelled } from '../schedule/trajectory-task.ts';
import type { SchedulingOptions, TrajectoryTask } from '../schedule/trajectory-task.ts';
import type { AnswerEnd, FailedEnd } from '../read/trajectory.ts';

export interface AnswerRecallsOptions extends SchedulingOptions {
  readonly template: PromptTemplate;
  /** G2: answers to each recall; 0 makes none. */
  readonly samples: number;
  /** Most tokens of an answer, end-of-sequence token included. */
  readonly answerTokens: number;
  /** Default 1; 0 is greedy. */
  readonly temperature?: number;
  /** Keeps each answer as it ends, under the trajectory's id. */
  readonly file?: TrajectoryFile;
}

/** One of the G2 answers to a recall. */
export interface RecallAnswer {
  /** Absent when the call failed or the model shows no token ids. */
  readonly conversation?: Conversation;
  readonly answer?: string;
  /** The whole reply; empty when the call failed. */
  readonly text: string;
  readonly end: AnswerEnd | FailedEnd;
  readonly error?: Error;
}

/** One answer to be made. */
export interface RecallItem {
  readonly id: string;
  readonly recall: Recall;
  readonly seed: number;
}

/**
 * Asks every recall G2 times, the answers to one prompt side by side; the result has G2 answers a recall, in the recalls' order. A failed
 * call is a record (`model-error`). Throws `AgentError` (`bad-options`, `bad-file`), or the signal's reason when aborted.
 */
export async function answerRecalls(model: Model, recalls: readonly Recall[], options: AnswerRecallsOptions): Promise<RecallAnswer[][]> {
  const { template, samples, answerTokens, temperature = 1, file } = options;
  checkIntegers({ answerTokens }, 1);
  checkIntegers({ samples }, 0);
  checkModel(model, template, temperature);
  const items = recalls.flatMap((recall) =>
    Array.from({ length: samples }, (_, sample): RecallItem => {
      return { id: `${recall.trajectoryId}/recall/${sample}`, recall, seed: deriveSeed(recall.seed, sample) };
    }),
  );
  const answers = await runStored(model, items, {
    ...options,
    sampling: { maxTokens: answerTokens, temperature },
    task: (item) => recallTask(item, template),
    ...(file ? { file, storage: recallStorage(template, { answerTokens, temperature }) } : {}),
  });
  return recalls.map((_recall, index) => answers.slice(index * samples, (index + 1) * samples));
}

function recallTask({ id, recall, seed }: RecallItem, template: PromptTemplate): TrajectoryTask<RecallAnswer> {
  return {
    id,
    steps: 1,
    *run() {
      const result = yield { prompt: promptOf(template, recall.prompt), seed };
      if ('error' in result) return { text: '', end: isCancelled(result) ? 'cancelled' : 'model-error', error: result.error };
      const { text, conversation } = result;
      const shown = conversation ? { conversation } : {};
      try {
        return { text, ...answerOf(template, result), ...shown };
      } catch (error) {
        return { text, end: 'template-error', error: asError(error), ...shown };
      }
    },
  };
}
