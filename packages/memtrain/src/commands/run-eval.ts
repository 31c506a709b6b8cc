import { miniatureTemplate } from '@memtrain/agent';
import type { RolloutDocument } from '@memtrain/agent';
import { createWorld } from '@memtrain/corpus';
import { loadLanguageModel } from '@memtrain/lm';
import { deriveSeed, wordTokenizer } from '@memtrain/policy';
import type { Learner } from '@memtrain/policy';
import { loadConfig } from '../config/load-config.ts';
import { trainConfigSchema } from '../config/train-config.ts';
import { readDocumentsFile } from '../documents/read-documents-file.ts';
import { rolloutDocument } from '../documents/rollout-document.ts';
import { evaluateDocuments } from '../evaluation/evaluate-documents.ts';
import { wilsonInterval } from '../evaluation/wilson.ts';
import { worldDocuments } from '../miniature/world-documents.ts';
import { templateFor } from '../model/template-for.ts';
import { openSavedModel, requireAdapterFolder, requireModelFolder } from '../model/open-model.ts';
import { writeJson } from '../run/write-json.ts';
import type { ReadingOptions } from '../training/reading-rollout.ts';
import type { CommandContext } from './context.ts';
import type { EvalCommandOptions } from './eval.ts';

type Options = EvalCommandOptions & { readonly count: number };

/** Does what `memtrain eval` on documents or the world was asked for. */
export async function runEvalCommand(options: Options, context: CommandContext): Promise<void> {
  const results = options.world === undefined ? await evalDocuments(options, context) : await evalWorld(options, options.world, context);
  for (const { name, outcomes } of results) context.print(resultLine(name, outcomes));
  if (options.out !== undefined)
    await writeJson(options.out, { model: options.model, adapter: options.adapter, seed: options.seed, results });
}

interface EvalResult {
  readonly name: string;
  /** 1 or 0 for each document. */
  readonly outcomes: readonly number[];
}

async function evalDocuments(options: Options, context: CommandContext): Promise<EvalResult[]> {
  const { documents } = readDocumentsFile(options.documents!);
  const { learner, config } = await openSavedModel(options.model, options);
  try {
    const { agent } = loadConfig(trainConfigSchema, { base: { agent: config?.agent ?? {} }, set: options.set });
    const { tokenizer } = learner;
    const items = documents.slice(0, options.count).map((document) => rolloutDocument(document, { tokenizer, ...agent }));
    const { memoryTokens, answerTokens, temperature } = agent;
    const reading = { template: templateFor(tokenizer), memoryTokens, answerTokens, temperature };
    return [{ name: 'masked entities', outcomes: await outcomesOf(learner, items, { ...options, name: 'reading', reading }, context) }];
  } finally {
    await learner.dispose();
  }
}

async function evalWorld(options: Options, worldSeed: number, context: CommandContext): Promise<EvalResult[]> {
  const { model: folder, adapter } = options;
  requireModelFolder(folder);
  if (adapter !== undefined) requireAdapterFolder(adapter);
  const world = createWorld(worldSeed);
  const { agent } = loadConfig(trainConfigSchema, {
    base: { agent: { memoryTokens: world.sizes.memory * 3 + 1, answerTokens: 1, temperature: 0.5 } },
    set: options.set,
  });
  const { memoryTokens, answerTokens, temperature } = agent;
  const reading = { template: miniatureTemplate, memoryTokens, answerTokens, temperature };
  const tokenizer = wordTokenizer(world.vocabulary);
  const learner = await loadLanguageModel(folder, { tokenizer, ...(adapter !== undefined && { adapter }) });
  const results: EvalResult[] = [];
  try {
    for (const task of ['mask', 'qa'] as const) {
      for (const chunks of options.chunks) {
        const items = worldDocuments(world, { task, count: options.count, chunks, seed: options.seed });
        const name = `${task === 'mask' ? 'masked entities' : 'questions'}, ${chunks} chunks`;
        const seed = deriveSeed(options.seed, 'read', task, chunks);
        results.push({ name, outcomes: await outcomesOf(learner, items, { seed, name, reading }, context) });
      }
    }
    return results;
  } finally {
    await learner.dispose();
  }
}

async function outcomesOf(
  learner: Learner,
  items: readonly RolloutDocument[],
  options: { readonly seed: number; readonly name: string; readonly reading: ReadingOptions },
  context: CommandContext,
): Promise<number[]> {
  const task = context.progress.task(options.name, undefined);
  const readings = await evaluateDocuments(await learner.model(), items, {
    reading: options.reading,
    seed: options.seed,
    signal: context.signal,
    onProgress: (done, total) => task.update(done, '', total),
  }).finally(() => task.finish());
  return readings.map(({ outcome }) => outcome);
}

function resultLine(name: string, outcomes: readonly number[]): string {
  const { value, low, high } = wilsonInterval(
    outcomes.reduce((sum, outcome) => sum + outcome, 0),
    outcomes.length,
  );
  const percent = (share: number): string => (share * 100).toFixed(1);
  return `${name}: ${percent(value)} % (95 % interval ${percent(low)} to ${percent(high)}, ${outcomes.length} documents)`;
}
