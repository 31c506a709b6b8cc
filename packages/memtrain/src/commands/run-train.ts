import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { StepRecord } from '@memtrain/grpo';
import type { LanguageModel } from '@memtrain/lm';
import { loadConfig } from '../config/load-config.ts';
import { presetConfig } from '../config/preset-config.ts';
import { trainConfigSchema } from '../config/train-config.ts';
import type { TrainConfig } from '../config/train-config.ts';
import { MemtrainError } from '../errors.ts';
import { modelFiles } from '../model/model-files.ts';
import { openReferenceModel, openTrainingModel, requireModelFolder } from '../model/open-model.ts';
import { createManifest } from '../run/manifest.ts';
import { readJsonLines } from '../run/json-lines.ts';
import { openRunFolder, runFiles } from '../run/run-folder.ts';
import { TrackioSender } from '../run/trackio.ts';
import { writeReport } from '../report/write-report.ts';
import { mainObjective } from '../run/step-metrics.ts';
import { openCustomReward } from '../training/custom-reward.ts';
import { moduleFiles } from '../training/module-files.ts';
import { configFor, openTask } from '../training/open-task.ts';
import { needsReference } from '../training/probe-update.ts';
import { runTraining } from '../training/run-training.ts';
import { trainReport } from '../training/train-report.ts';
import { trainingSettings } from '../training/training-settings.ts';
import type { TrainingTask } from '../training/training-task.ts';
import type { CommandContext } from './context.ts';
import type { TrainCommandOptions } from './train.ts';

/** Does what `memtrain train` was asked for. */
export async function runTrainCommand(options: TrainCommandOptions, context: CommandContext): Promise<void> {
  const base = options.preset === undefined ? {} : presetConfig(options.preset);
  const config = configFor(options, loadConfig(trainConfigSchema, { base, file: options.config, set: options.set }));
  checkTogether(config);
  if (config.model.folder !== undefined) requireModelFolder(config.model.folder);
  const customReward = await openCustomReward(config.objective.reward);
  const task = await openTask(options, config, customReward);
  try {
    if (options.dryRun) await dryRun(config, task, context);
    else await trainTask(task, config, options, context);
  } finally {
    task.close();
  }
}

async function trainTask(task: TrainingTask, config: TrainConfig, options: TrainCommandOptions, context: CommandContext): Promise<void> {
  const { out, resume = false, allowChanges = false } = options;
  const manifest = createManifest({ command: ['memtrain', ...context.argv], seed: config.seed, now: context.now() });
  const { folder } = config.model;
  const { reward } = config.objective;
  const resolved = {
    command: 'train',
    ...task.data,
    ...(reward !== undefined && { rewardFiles: moduleFiles(reward) }),
    ...(folder !== undefined && { modelFiles: modelFiles(folder) }),
    config,
  };
  await openRunFolder(out, {
    config: resolved,
    manifest,
    resume,
    mayChange: (setting) => setting === 'config.model.executor' || !/^(?:config\.model|modelFiles)\./.test(setting),
    allowChanges,
  });
  const learner = await openTrainingModel(config, { texts: await textsOf(task, config), folder: out });
  try {
    await trainLearner(learner, { config, task, resolved, options }, context);
  } finally {
    await learner.dispose();
  }
  const report = trainReport({ folder: out, config: resolved, manifest });
  await writeReport(join(out, runFiles.report), report);
  for (const line of report.summary) context.print(line);
  context.print(`report: ${join(out, runFiles.report)}`);
}

interface TrainRun {
  readonly config: TrainConfig;
  readonly task: TrainingTask;
  readonly resolved: unknown;
  readonly options: TrainCommandOptions;
}

async function trainLearner(learner: LanguageModel, run: TrainRun, context: CommandContext): Promise<void> {
  const { config, task, options } = run;
  const { out, resume = false } = options;
  context.print(`model: ${learner.parameterCount} parameters, ${learner.tokenizer.vocabularySize} tokens; ${task.about}`);
  const reference = needsReference(config.objective) ? await openReferenceModel(config, learner) : undefined;
  const before = resume ? readJsonLines<StepRecord>(join(out, runFiles.metrics)).length : 0;
  const progress = context.progress.task('training', config.steps, before);
  const trackio = trackioSender(options, context);
  try {
    const opened = task.open(learner);
    const result = await runTraining({
      learner,
      folder: out,
      steps: config.steps,
      seed: config.seed,
      rollout: opened.rollout,
      temperature: config.agent.temperature,
      ...trainingSettings(config),
      reference: reference?.policy,
      configuration: run.resolved,
      resume: 'auto',
      allowOtherConfiguration: options.allowChanges ?? false,
      signal: context.signal,
      now: context.now,
      trackio,
      onStep: (record) => {
        progress.update(record.step, stepNote(record));
        for (const { name, value, threshold } of record.alarms ?? []) {
          context.print(`warning: update ${record.step}: ${name}: ${value}, threshold ${threshold}`);
        }
      },
    });
    progress.finish();
    if (result.resumedFrom > 0) context.print(`went on after update ${result.resumedFrom}`);
    for (const note of opened.notes()) context.print(note);
    if (result.stopped) {
      const again = `${sourceArguments(options)} --out ${out} --resume, with the same --preset, --config and --set`;
      throw new MemtrainError('interrupted', `stopped after update ${result.step} of ${config.steps}; go on with: memtrain train ${again}`);
    }
  } finally {
    progress.finish();
    await trackio?.close();
    await reference?.dispose();
  }
}

/** Prints the resolved configuration and what an update of it would cost. Writes nothing into the run folder. */
async function dryRun(config: TrainConfig, task: TrainingTask, context: CommandContext): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'memtrain-dry-run-'));
  try {
    const learner = await openTrainingModel(config, { texts: await textsOf(task, config), folder: scratch });
    try {
      const lines = await task.open(learner).estimate();
      context.print(JSON.stringify(config, null, 2));
      context.print(`model: ${learner.parameterCount} parameters, ${learner.tokenizer.vocabularySize} tokens; ${task.about}`);
      for (const line of lines) context.print(line);
    } finally {
      await learner.dispose();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What a fresh model's tokenizer is learnt from; read before, and only where there is one to learn. */
async function textsOf(task: TrainingTask, config: TrainConfig): Promise<() => readonly string[]> {
  const texts = config.model.folder === undefined ? await task.texts() : [];
  return () => texts;
}

/** The options that say what a run trains on, as they were given. */
function sourceArguments({ documents, questions, retriever, format, objectives }: TrainCommandOptions): string {
  const given = { documents, questions, retriever, ...(format !== 'own' && { format }), ...(objectives > 1 && { objectives }) };
  return Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `--${name} ${value}`)
    .join(' ');
}

function trackioSender({ trackio, out }: TrainCommandOptions, context: CommandContext): TrackioSender | undefined {
  if (trackio === undefined) return undefined;
  const options = { url: trackio, project: 'memtrain', run: basename(resolve(out)), writeToken: process.env['TRACKIO_WRITE_TOKEN'] };
  return new TrackioSender(options, (error) => context.print(`warning: ${error.message}`));
}

function stepNote(record: StepRecord): string {
  const { E: masked, I: recall } = record.objectives;
  const main = mainObjective(record);
  const shown = [`reward ${(main?.reward ?? 0).toFixed(3)}`, `${masked ? 'masked' : 'right'} ${((main?.outcome ?? 0) * 100).toFixed(1)} %`];
  if (recall) shown.push(`recall ${(recall.outcome * 100).toFixed(1)} %`);
  return shown.join(', ');
}

/** What no single setting's range can say. */
function checkTogether({ agent, model, objective, optimizer, sampler, search, steps }: TrainConfig): void {
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
  if (sampler.correctionCap !== undefined && !sampler.recomputeLogprobs)
    fail('"sampler.correctionCap" is set, but compares with recomputed log-probabilities: set "sampler.recomputeLogprobs" too');
  if ((objective.aggregation === 'constant') !== (objective.constantLength !== undefined))
    fail('"objective.constantLength" goes with the "objective.aggregation" constant: set both or neither');
  if (model.folder !== undefined) return;
  const { heads, keyValueHeads, headSize, maxPositions } = model.architecture;
  if (heads % keyValueHeads !== 0)
    fail(`"model.architecture.keyValueHeads" is ${keyValueHeads}, which does not divide the ${heads} heads: change one`);
  if (headSize % 2 !== 0) fail(`"model.architecture.headSize" is ${headSize}: give an even number`);
  if (search) {
    const needed = 2 * search.replyTokens + search.resultTokens;
    if (needed > maxPositions)
      fail(
        `"search.replyTokens" and "search.resultTokens" make sequences of over ${needed} tokens, but "model.architecture.maxPositions" is ${maxPositions}`,
      );
    return;
  }
  const needed = agent.chunkTokens + 2 * agent.memoryTokens + agent.answerTokens;
  if (needed > maxPositions) {
    fail(
      `"agent.chunkTokens" is ${agent.chunkTokens}: with memories it makes sequences of over ${needed} tokens, but "model.architecture.maxPositions" is ${maxPositions}`,
    );
  }
}
