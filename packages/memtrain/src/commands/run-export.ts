import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MemtrainError } from '../errors.ts';
import { isRunFolder, openSavedModel, tokenizerFolder } from '../model/open-model.ts';
import type { CommandContext } from './context.ts';
import type { ExportCommandOptions } from './export.ts';

/** Does what `memtrain export` was asked for. */
export async function runExport(options: ExportCommandOptions, context: CommandContext): Promise<void> {
  const { model, out, dtype, maxShardSize: maxShardBytes } = options;
  if (existsSync(out)) throw new MemtrainError('run-exists', `${out} exists: choose a new folder, or remove it`);
  const { learner } = await openSavedModel(model, options);
  try {
    await learner.exportModel(out, { dtype, maxShardBytes, files: isRunFolder(model) ? await learntTokenizer(model) : new Map() });
    const merged = learner.lora ? ', adapters merged' : '';
    context.print(`${learner.frozenCount || learner.parameterCount} weights as ${dtype}${merged} in ${out}`);
  } finally {
    await learner.dispose();
  }
}

/** The files of a tokenizer that a run learnt; none where it started from a model with its own. */
async function learntTokenizer(run: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
    const path = join(run, tokenizerFolder, name);
    if (existsSync(path)) files.set(name, await readFile(path));
  }
  return files;
}
