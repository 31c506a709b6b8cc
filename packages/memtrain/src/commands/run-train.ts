import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { StepRecord } from '@memtrain/grpo';
import type { LanguageModel } from '@memtrain/lm';
import { loadConfig } from '../config/load-config.ts';
import { presetConfig } from '../config/preset-config.ts';
import { trainConfigSchema } from '../config/train-config.ts';
import type { TrainConfig } from '../config/train-config.ts';
import { readDocumentsFile } from '../documents/read-documents-file.ts';
import type { DocumentsFile } from '../documents/read-documents-file.ts';
import { MemtrainError } from '../errors.ts';
import { openReferenceModel, openTrainingModel, requireModelFolder } from '../model/open-model.ts';
import { createManifest } from '../run/manifest.ts';
import { readJsonLines } from '../run/json-lines.ts';
import { openRunFolder, runFiles } from '../run/run-folder.ts';
import { TrackioSender } from '../run/trackio.ts';
import { writeReport } from '../report/write-report.ts';
import { openCustomReward, type CustomReward } from '../training/custom-reward.ts';
import { documentsOfUpdate, readingOf } from '../training/documents-of-update.ts';
import { describeEstimate, estimateTraining } from '../training/dry-run.ts';
import { runTraining } from '../training/run-training.ts';
import { trainReport } from '../training/train-report.ts';
import { trainingSettings } from '../training/training-settings.ts';
import type { CommandContext } from './context.ts';
import type { TrainCommandOptions } from './train.ts';

/** Does what `memtrain train` was asked for. */
export async function runTrainCommand(options: TrainCommandOptions, context: CommandContext): Promise<void> {
  const base = options.preset === undefined ? {} : presetConfig(options.preset);
  const config = loadConfig(trainConfigSchema, { base, file: options.config, set: options.set });
  checkTogether(config);
  if (config.model.folder !== undefined) requireModelFolder(config.model.folder);
  const file = readDocumentsFile(options.documents);
  if (options.dryRun) return dryRun(config, file, context);
  const customReward = await openCustomReward(config.objective.reward);
  const manifest = createManifest({ command: ['memtrain', ...context.argv], seed: config.seed, now: context.now() });
  const resolved = { command: 'train', documents: { sha256: file.sha256, count: file.documents.length }, config };
  const allowChanges = options.allowChanges ?? false;
  openRunFolder(options.out, {
    config: resolved,
    manifest,
    resume: options.resume ?? false,
    mayChange: (setting) => allowChanges && (setting === 'config.model.executor' || !setting.startsWith('config.model.')),
  });
  const learner = await openTrainingModel(config, { texts: () => file.documents.map(({ text }) => text), folder: options.out });
  try {
    await trainLearner(
      learner,
      {
        config,
        customReward,
        allowChanges,
        file,
        out: options.out,
        resolved,
        resume: options.resume ?? false,
        documents: options.documents,
        trackio: options.trackio,
      },
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
  readonly customReward: CustomReward | undefined;
  readonly file: DocumentsFile;
  readonly out: string;
  readonly documents: string;
  readonly resolved: unknown;
  readonly resume: boolean;
  readonly allowChanges: boolean;
  /** Address of a trackio server. */
  readonly trackio: string | undefined;
}

async function trainLearner(learner: LanguageModel, run: TrainRun, context: CommandContext): Promise<void> {
  const { config, file, out } = run;
  const { agent, objective } = config;
  const { tokenizer } = learner;
  context.print(`model: ${learner.parameterCount} parameters, ${tokenizer.vocabularySize} tokens; ${file.documents.length} documents`);
  const reference = needsReference(objective) ? await openReferenceModel(config, learner) : undefined;
  const before = run.resume ? readJsonLines<StepRecord>(join(out, runFiles.metrics)).length : 0;
  const task = context.progress.task('training', config.steps, before);
  const { documents, entitiesOf, cut } = documentsOfUpdate(file, config, tokenizer);
  const trackio = trackioSender(run, context);
  try {
    const result = await runTraining({
      learner,
      folder: out,
      arm: 'train',
      steps: config.steps,
      seed: config.seed,
      documents,
      reading: readingOf(config, tokenizer),
      objective,
      customReward: run.customReward,
      ...trainingSettings(config),
      entitiesOf,
      reference: reference?.policy,
      configuration: run.resolved,
      resume: 'auto',
      allowOtherConfiguration: run.allowChanges,
      signal: context.signal,
      now: context.now,
      trackio,
      onStep: (record) => {
        task.update(record.step, stepNote(record));
        for (const { name, value, threshold } of record.alarms ?? []) {
          context.print(`warning: update ${record.step}: ${name}: ${value}, threshold ${threshold}`);
        }
      },
    });
    task.finish();
    if (result.resumedFrom > 0) context.print(`went on after update ${result.resumedFrom}`);
    if (cut.size > 0)
      context.print(
        `${cut.size} documents were longer than ${agent.maxChunks} chunks of ${agent.chunkTokens} tokens: a part of each was read`,
      );
    if (result.stopped) {
      const resume = `memtrain train --documents ${run.documents} --out ${out} --resume, with the same --preset, --config and --set`;
      throw new MemtrainError('interrupted', `stopped after update ${result.step} of ${config.steps}; go on with: ${resume}`);
    }
  } finally {
    task.finish();
    await trackio?.close();
    await reference?.dispose();
  }
}

/** Prints the resolved configuration and what an update of it would cost. Writes nothing into the run folder. */
async function dryRun(config: TrainConfig, file: DocumentsFile, context: CommandContext): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'memtrain-dry-run-'));
  try {
    const learner = await openTrainingModel(config, { texts: () => file.documents.map(({ text }) => text), folder: scratch });
    const { tokenizer, parameterCount } = learner;
    try {
      const { documents, entitiesOf } = documentsOfUpdate(file, config, tokenizer);
      const estimate = await estimateTraining(learner, {
        config,
        documents: documents(1, 0),
        reading: readingOf(config, tokenizer),
        entitiesOf,
        parameterCount,
      });
      context.print(JSON.stringify(config, null, 2));
      context.print(`model: ${parameterCount} parameters, ${tokenizer.vocabularySize} tokens; ${file.documents.length} documents`);
      for (const line of describeEstimate(estimate, config)) context.print(line);
    } finally {
      await learner.dispose();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function trackioSender({ trackio, out }: TrainRun, context: CommandContext): TrackioSender | undefined {
  if (trackio === undefined) return undefined;
  const options = { url: trackio, project: 'memtrain', run: basename(resolve(out)), writeToken: process.env['TRACKIO_WRITE_TOKEN'] };
  return new TrackioSender(options, (error) => context.print(`warning: ${error.message}`));
}

function stepNote(record: StepRecord): string {
  const { E: masked, I: recall } = record.objectives;
  const shown = [`reward ${(masked?.reward ?? 0).toFixed(3)}`, `masked ${((masked?.outcome ?? 0) * 100).toFixed(1)} %`];
  if (recall) shown.push(`recall ${(recall.outcome * 100).toFixed(1)} %`);
  return shown.join(', ');
}

function needsReference({ kl, rewardKl }: TrainConfig['objective']): boolean {
  return kl > 0 || rewardKl > 0;
}

/** What no single setting's range can say. */
function checkTogether({ agent, model, objective, optimizer, steps }: TrainConfig): void {
  const fail = (text: string): never => {
    throw new MemtrainError('bad-config', text);
  };
  if (optimizer.schedule !== 'constant' && optimizer.warmup >= steps) {
    fail(
      `"optimizer.warmup" is ${optimizer.warmup}, but a ${optimizer.schedule} schedule ends at update ${steps}: give fewer or more "steps"`,
    );
  }
  if (objective.refreshReferenceEvery > 0 && !needsReference(objective)) {
    fail(
      '"objective.refreshReferenceEvery" is set, but there is no reference policy: set "objective.kl" or "objective.rewardKl", or leave it out',
    );
  }
  if (objective.refreshReferenceEvery > 0 && model.lora) {
    fail(
      '"objective.refreshReferenceEvery" is set, but with "model.lora" the reference is the model without adapters: leave out one of them',
    );
  }
  if (model.folder !== undefined) return;
  const { heads, keyValueHeads, headSize, maxPositions } = model.architecture;
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
