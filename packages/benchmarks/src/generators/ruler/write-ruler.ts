import { deriveSeed, randomFromSeed } from '@memtrain/policy';
import { rulerTasks } from '../../adapters/ruler.ts';
import type { RulerTask } from '../../adapters/ruler.ts';
import { BenchmarkError } from '../../errors.ts';
import { createJsonArrayFile } from '../json-array-file.ts';
import type { CountTokens } from '../token-count.ts';
import { commonWords, frequentWords, questionAnswering, variableTracking } from './counting.ts';
import { needleMaker, needleTasks } from './needles.ts';
import type { RulerMaker, RulerSources } from './ruler-sample.ts';

export interface WriteRulerOptions {
  readonly task: RulerTask;
  /** Most tokens of a context. */
  readonly tokens: number;
  /** Default 128. */
  readonly count?: number;
  readonly seed: number;
  readonly countTokens: CountTokens;
  /** Needed by the tasks over essays (sentences) and by qa_1 and qa_2 (questions and passages). */
  readonly sources?: Partial<RulerSources>;
}

/**
 * Writes a task of RULER at any length, as `eval_TASK_LENGTH.json` in MemAgent's format, with RULER's parameters. Words are made up and the
 * questions are worded anew; there is no worked example before the text (RULER has one in vt and cwe). Same seed, same bytes.
 * Throws `BenchmarkError` (`bad-options`) when a task lacks its sources, or the length is too short for it.
 */
export async function writeRuler(
  path: string,
  options: WriteRulerOptions,
): Promise<{ readonly samples: number; readonly bytes: number; readonly sha256: string }> {
  const { task, tokens, count = 128, seed, countTokens } = options;
  const make = rulerMaker(task);
  const { sentences = [], questions = [], passages = [] } = options.sources ?? {};
  const sources = { sentences, questions, passages };
  if (needleTasks[task]?.haystack === 'essay' && sentences.length === 0)
    throw new BenchmarkError('bad-options', `${task} hides its needles in real text: give passages`);
  if (task.startsWith('qa') && (questions.length === 0 || passages.length === 0)) {
    throw new BenchmarkError('bad-options', `${task} needs questions with evidence, and passages: give SQuAD's or HotpotQA's file`);
  }
  const lengthAt = (size: number): number => countTokens(make(randomFromSeed(deriveSeed(seed, 'size', task)), size, sources).context);
  const size = largestSize(lengthAt, { task, tokens });
  const file = await createJsonArrayFile(path);
  try {
    for (let index = 0; index < count; index++) {
      const sample = make(randomFromSeed(deriveSeed(seed, 'sample', task, index)), size, sources);
      await file.open();
      await file.write(JSON.stringify({ index, task, max_length: tokens, answer_prefix: '', ...sample }));
    }
    return { samples: count, ...(await file.finish()) };
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** What makes the samples of a task. Throws `BenchmarkError` (`bad-options`) for an unknown one. */
export function rulerMaker(task: string): RulerMaker {
  const needles = needleTasks[task];
  if (needles) return needleMaker(needles);
  const others: Readonly<Record<string, RulerMaker>> = {
    vt: variableTracking,
    cwe: commonWords,
    fwe: frequentWords,
    qa_1: questionAnswering,
    qa_2: questionAnswering,
  };
  const maker = others[task];
  if (maker) return maker;
  throw new BenchmarkError('bad-options', `there is no task "${task}" in RULER: give one of ${rulerTasks.join(', ')}`);
}

/** The largest size whose context has at most so many tokens, found with few trials: length grows in proportion. */
function largestSize(lengthAt: (size: number) => number, { task, tokens }: { readonly task: string; readonly tokens: number }): number {
  const least = task === 'cwe' ? 100 : task === 'fwe' ? 60 : 1;
  const small = lengthAt(least);
  if (small > tokens) {
    throw new BenchmarkError('bad-options', `${task} needs at least ${small} tokens, not ${tokens}: give a greater length`);
  }
  let low = least;
  let high = Infinity;
  let guess = Math.max(least + 1, Math.round((least * tokens) / Math.max(1, small)));
  for (let tries = 0; tries < 24 && high - low > Math.max(1, low / 500); tries++) {
    const length = lengthAt(guess);
    if (length <= tokens) low = guess;
    else high = guess;
    const next = Math.round((guess * tokens * 0.999) / length);
    guess = next > low && next < high ? next : high === Infinity ? low * 2 : Math.floor((low + high) / 2);
  }
  return low;
}
