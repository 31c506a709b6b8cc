import { writeFileDurably } from '@memtrain/durable-files';
import { deriveSeed } from '@memtrain/policy';
import type { Completion, Model, Request } from '@memtrain/policy';
import { MemtrainError } from '../errors.ts';
import { openSavedModel } from '../model/open-model.ts';
import type { CommandContext } from './context.ts';
import type { GenerateCommandOptions } from './generate.ts';
import { encodeLines, jsonLines, readInputLines, requireOtherFile, shortNumbers } from './input-lines.ts';
import type { InputLine } from './input-lines.ts';

/** Does what `memtrain generate` was asked for. */
export async function runGenerate(options: GenerateCommandOptions, context: CommandContext): Promise<void> {
  requireOtherFile(options.in, options.out);
  const lines = readInputLines(options.in, ['tokens', 'text', 'messages']);
  const { learner } = await openSavedModel(options.model, options);
  try {
    const { vocabularySize, maxPositions } = learner.configuration;
    const mostTokens = maxPositions - options.maxNewTokens;
    if (mostTokens < 1) {
      throw new MemtrainError(
        'bad-options',
        `--max-new-tokens ${options.maxNewTokens} leaves no room for a prompt in the model's ${maxPositions} positions: give fewer`,
      );
    }
    const prompts = encodeLines(lines, { tokenizer: learner.tokenizer, vocabularySize, mostTokens });
    const requests = prompts.map((prompt, i): Request => ({ prompt, seed: deriveSeed(options.seed, 'generate', i) }));
    const completions = await completeAll(await learner.model(), { requests, lines, options, context });
    await writeFileDurably(options.out, jsonLines(completions.map(outputLine)));
    context.print(`${completions.length} completions in ${options.out}`);
  } finally {
    await learner.dispose();
  }
}

async function completeAll(
  model: Model,
  job: {
    readonly requests: readonly Request[];
    readonly lines: readonly InputLine[];
    readonly options: GenerateCommandOptions;
    readonly context: CommandContext;
  },
): Promise<Completion[]> {
  const { requests, lines, options, context } = job;
  const { maxNewTokens: maxTokens, temperature } = options;
  const completions: Completion[] = [];
  const task = context.progress.task('generating', requests.length);
  let done = 0;
  try {
    for await (const result of model.complete(requests, { maxTokens, temperature, signal: context.signal })) {
      // A stopped batch reports what it had not finished as failures.
      context.signal.throwIfAborted();
      if ('error' in result) {
        throw new MemtrainError('bad-file', `${lines[result.index]!.where}: ${result.error.message}`, { cause: result.error });
      }
      completions[result.index] = result;
      task.update(++done);
    }
  } finally {
    task.finish();
  }
  return completions;
}

function outputLine({ text, finish, conversation }: Completion): unknown {
  const { completion, logprobs } = conversation!;
  return { tokens: Array.from(completion), text, logprobs: shortNumbers(logprobs), finish };
}
