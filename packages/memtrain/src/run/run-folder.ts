import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { configurationDifferences } from '@memtrain/grpo';
import { MemtrainError } from '../errors.ts';
import { writeJson } from './write-json.ts';
import type { Manifest } from './manifest.ts';

/** Names inside a run folder. `metrics.jsonl`, `timing.jsonl` and `checkpoints/` are written by the trainer. */
export const runFiles = {
  config: 'config.json',
  manifest: 'manifest.json',
  metrics: 'metrics.jsonl',
  timing: 'timing.jsonl',
  trajectories: 'trajectories.jsonl',
  tensorboard: 'tensorboard/events.out.tfevents.0.memtrain',
  checkpoints: 'checkpoints',
  report: 'report.html',
} as const;

export interface OpenRunFolderOptions {
  /** The configuration as resolved; plain JSON. */
  readonly config: unknown;
  readonly manifest: Manifest;
  /** Continue a run that the folder holds already. */
  readonly resume: boolean;
  /** Settings, as `a.b`, in which a resumed run may differ from what it was, with `allowChanges`. Default: none. */
  readonly mayChange?: ((setting: string) => boolean) | undefined;
  /** Lets those settings differ; `config.json` is then written anew. Default false. */
  readonly allowChanges?: boolean | undefined;
}

/**
 * Makes a run folder with its `config.json` and `manifest.json`, or checks that the run to be resumed is this one.
 * Throws `MemtrainError`: `run-exists` for a folder in use, `no-file` when there is nothing to resume,
 * `other-config` that names the settings that differ and may not.
 */
export async function openRunFolder(folder: string, options: OpenRunFolderOptions): Promise<void> {
  const { config, manifest, resume, mayChange = () => false, allowChanges = false } = options;
  const file = join(folder, runFiles.config);
  const entries = existingEntries(folder);
  if (!resume) {
    if (existsSync(file))
      throw new MemtrainError('run-exists', `${folder} already holds a run: add --resume to go on with it, or choose another folder`);
    if (entries.length > 0) throw new MemtrainError('run-exists', `${folder} is not empty and holds no run: choose a new folder`);
    await writeJson(join(folder, runFiles.manifest), manifest);
    // Last, because it is what makes the folder a run.
    await writeJson(file, config);
    return;
  }
  if (!existsSync(file)) throw new MemtrainError('no-file', `no run to resume in ${folder}: leave --resume out, or correct the folder`);
  const differences = configurationDifferences(readJson(file), config);
  const fixed = differences.filter((difference) => !mayChange(difference.slice(0, difference.indexOf(':'))));
  const refused = allowChanges ? fixed : differences;
  if (refused.length > 0) {
    const others = fixed.length > 0 ? 'or choose another folder' : 'choose another folder, or add --allow-changes';
    throw new MemtrainError(
      'other-config',
      `${folder} was made with other settings (${refused.join('; ')}): resume with the same ones, ${others}`,
    );
  }
  if (differences.length > 0) await writeJson(file, config);
}

/** The configuration that a run folder was made with. Throws `MemtrainError` (`no-file`, `bad-file`). */
export function readRunConfig(folder: string): unknown {
  const file = join(folder, runFiles.config);
  if (!existsSync(file)) throw new MemtrainError('no-file', `no run in ${folder} (it has no ${runFiles.config}): check the path`);
  return readJson(file);
}

function existingEntries(folder: string): string[] {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found) return [];
  if (!found.isDirectory()) throw new MemtrainError('run-exists', `${folder} is a file: choose a folder`);
  // What an interrupted start leaves behind does not count.
  return readdirSync(folder).filter((name) => name !== runFiles.manifest && !name.endsWith('.tmp'));
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    throw new MemtrainError('bad-file', `${file} is not JSON: restore it`, { cause: error });
  }
}
