import { join } from 'node:path';
import type { StepRecord } from '@memtrain/grpo';
import type { LanguageModel } from '@memtrain/lm';
import { loadConfig } from '../config/load-config.ts';
import { trainConfigSchema } from '../config/train-config.ts';
import type { TrainConfig } from '../config/train-config.ts';
import { chunkEntities } from '../documents/chunk-entities.ts';
import { readDocumentsFile } from '../documents/read-documents-file.ts';
import type { DocumentsFile } from '../documents/read-documents-file.ts';
import { rolloutDocument } from '../documents/rollout-document.ts';
import { MemtrainError } from '../errors.ts';
import { templateFor } from '../model/template-for.ts';
import { openReferenceModel, openTrainingModel, requireModelFolder } from '../model/open-model.ts';
import { createManifest } from '../run/manifest.ts';
import { readJsonLines } from '../run/json-lines.ts';
import { openRunFolder, runFiles } from '../run/run-folder.ts';
import { writeReport } from '../report/write-report.ts';
import { documentsOfStep } from '../training/document-order.ts';
import { runTraining } from '../training/run-training.ts';
import { trainReport } from '../training/train-report.ts';
import type { CommandContext } from './context.ts';
import type { TrainCommandOptions } from './train.ts';

/** Does what `memtrain train` was asked for. */
export async function runTrainCommand(options: TrainCommandOptions, context: CommandContext): Promise<void> {
  const config = loadConfig(trainConfigSchema, { file: options.config, set: options.set });
  checkTogether(config);
  if (config.model.folder !== undefined) requireModelFolder(config.model.folder);
  const file = readDocumentsFile(options.documents);
  const manifest = createManifest({ command: ['memtrain', ...context.argv], seed: config.seed, now: context.now() });
  const resolved = { command: 'train', documents: { sha256: file.sha256, count: file.documents.length }, config };
  openRunFolder(options.out, { config: resolved, manifest, resume: options.resume ?? false });
  const learner = await openTrainingModel(config, { texts: () => file.documents.map(({ text }) => text), folder: options.out });
  try {
    await trainLearner(
      learner,
      { config, file, out: options.out, resolved, resume: options.resume ?? false, documents: options.documents },
      context,
    );
  } finally {
    await learner.dispose();
  }
  const report = trainReport({ folder: options.out, config: resolved, manifest });
  writeReport(join(options.out, runFiles.report), report);
  for (const line of report.summary) context.print(line);
  context.print(`report: ${join(options.out, runFiles.report)}`);
}

interface TrainRun {
  readonly config: TrainConfig;
  readonly file: DocumentsFile;
  readonly out: string;
  readonly documents: string;
  readonly resolved: unknown;
  readonly resume: boolean;
}

async function trainLearner(learner: LanguageModel, run: TrainRun, context: CommandContext): Promise<void> {
  const { config, file, out } = run;
  const { agent, objective, optimizer } = config;
  const { tokenizer } = learner;
  context.print(`model: ${learner.parameterCount} parameters, ${tokenizer.vocabularySize} tokens; ${file.documents.length} documents`);
  const reference = objective.kl > 0 ? await openReferenceModel(config, tokenizer) : undefined;
  const before = run.resume ? readJsonLines<StepRecord>(join(out, runFiles.metrics)).length : 0;
  const task = context.progress.task('training', config.steps, before);
  const cut = new Set<string>();
  const order = { count: file.documents.length, perStep: config.documentsPerStep, seed: config.seed };
  try {
    const result = await runTraining({
      learner,
      folder: out,
      arm: 'train',
      steps: config.steps,
      seed: config.seed,
      documents: (step) =>
        documentsOfStep(step, order).map((index) => {
          const { whole, ...document } = rolloutDocument(file.documents[index]!, { tokenizer, ...agent });
          if (!whole) cut.add(document.id);
          return document;
        }),
      reading: {
        template: templateFor(tokenizer),
        memoryTokens: agent.memoryTokens,
        answerTokens: agent.answerTokens,
        temperature: agent.temperature,
      },
      objective,
      entitiesOf: chunkEntities(file.documents),
      adam: optimizer,
      minibatches: config.minibatches,
      checkpointEvery: config.checkpointEvery,
      reference,
      configuration: run.resolved,
      resume: 'auto',
      signal: context.signal,
      now: context.now,
      onStep: (record) => task.update(record.step, stepNote(record)),
    });
    task.finish();
    if (result.resumedFrom > 0) context.print(`went on after update ${result.resumedFrom}`);
    if (cut.size > 0)
      context.print(
        `${cut.size} documents were longer than ${agent.maxChunks} chunks of ${agent.chunkTokens} tokens: a part of each was read`,
      );
    if (result.stopped) {
      const resume = `memtrain train --documents ${run.documents} --out ${out} --resume, with the same --config and --set`;
      throw new MemtrainError('interrupted', `stopped after update ${result.step} of ${config.steps}; go on with: ${resume}`);
    }
  } finally {
    task.finish();
    await reference?.dispose();
  }
}

function stepNote(record: StepRecord): string {
  const { E: masked, I: recall } = record.objectives;
  const shown = [`reward ${(masked?.reward ?? 0).toFixed(3)}`, `masked ${((masked?.outcome ?? 0) * 100).toFixed(1)} %`];
  if (recall) shown.push(`recall ${(recall.outcome * 100).toFixed(1)} %`);
  return shown.join(', ');
}

/** What no single setting's range can say. */
function checkTogether({ agent, model }: TrainConfig): void {
  if (model.folder !== undefined) return;
  const { heads, keyValueHeads, headSize, maxPositions } = model.architecture;
  const fail = (text: string): never => {
    throw new MemtrainError('bad-config', text);
  };
  if (heads % keyValueHeads !== 0)
    fail(`"model.architecture.keyValueHeads" is ${keyValueHeads}, which does not divide the ${heads} heads: change one`);
  if (headSize % 2 !== 0) fail(`"model.architecture.headSize" is ${headSize}: give an even number`);
  const needed = agent.chunkTokens + 2 * agent.memoryTokens + agent.answerTokens;
  if (needed > maxPositions) {
    fail(
      `"agent.chunkTokens" is ${agent.chunkTokens}: with memories it makes sequences of over ${needed} tokens, but "model.architecture.maxPositions" is ${maxPositions}`,
    );
  }
}
