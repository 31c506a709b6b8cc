import { writeFileDurably } from '@memtrain/durable-files';
import type { Conversation, Learner } from '@memtrain/policy';
import { openSavedModel } from '../model/open-model.ts';
import type { CommandContext } from './context.ts';
import { encodeLines, jsonLines, readInputLines, requireOtherFile, shortNumbers } from './input-lines.ts';
import type { ScoreCommandOptions } from './score.ts';

/** Texts scored between two looks at the signal. */
const BLOCK = 256;

/** Does what `memtrain score` was asked for. */
export async function runScore(options: ScoreCommandOptions, context: CommandContext): Promise<void> {
  requireOtherFile(options.in, options.out);
  const lines = readInputLines(options.in, ['tokens', 'text']);
  const { learner } = await openSavedModel(options.model, options);
  try {
    const { vocabularySize, maxPositions } = learner.configuration;
    // The last token is predicted, never read.
    const texts = encodeLines(lines, { tokenizer: learner.tokenizer, vocabularySize, mostTokens: maxPositions + 1 });
    const scored = await scoreTexts(learner, texts, context);
    await writeFileDurably(options.out, jsonLines(scored.map((logprobs) => ({ logprobs: shortNumbers(logprobs) }))));
    context.print(`${texts.length} lines scored in ${options.out}`);
  } finally {
    await learner.dispose();
  }
}

async function scoreTexts(learner: Learner, texts: readonly Int32Array[], context: CommandContext): Promise<Float32Array[]> {
  const results: Float32Array[] = texts.map(() => new Float32Array(0));
  // Texts of like length share a batch with little padding.
  const order = [...texts.keys()].filter((i) => texts[i]!.length > 1).sort((a, b) => texts[b]!.length - texts[a]!.length || a - b);
  const task = context.progress.task('scoring', order.length);
  try {
    for (let from = 0; from < order.length; from += BLOCK) {
      context.signal.throwIfAborted();
      const block = order.slice(from, from + BLOCK);
      const logprobs = await learner.forward(block.map((i) => asCompletion(texts[i]!)));
      for (const [place, i] of block.entries()) results[i] = logprobs[place]!;
      task.update(from + block.length);
    }
  } finally {
    task.finish();
  }
  return results;
}

/** All but the first token as the completion. */
function asCompletion(ids: Int32Array): Conversation {
  return { prompt: ids.subarray(0, 1), completion: ids.subarray(1), logprobs: new Float32Array(ids.length - 1), finish: 'stop' };
}
