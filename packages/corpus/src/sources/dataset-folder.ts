import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { z } from 'zod';
import { CorpusError } from '../errors.ts';

const stateSchema = z
  .object({ _data_files: z.array(z.object({ filename: z.string().min(1) })) })
  .transform(({ _data_files: files }) => files.map(({ filename }) => filename));
const splitsSchema = z.object({ splits: z.array(z.string().min(1)) });

/**
 * The Arrow files of a folder in the order of its dataset: what `state.json` names (Hugging Face keeps caches beside them), splits in the
 * order of `dataset_dict.json`, otherwise all by name. `files` are paths below the folder, sorted.
 * Throws `CorpusError`: `bad-source` for descriptions that cannot be read, `truncated` for files they name that are missing.
 */
export async function datasetFiles(folder: string, files: readonly string[]): Promise<string[]> {
  const arrow = files.filter((name) => /\.arrow$/i.test(name) && !/(?:^|\/)(?:cache-|tmp)[^/]*$/i.test(name));
  const splits = await described(join(folder, 'dataset_dict.json'), splitsSchema);
  const found = [...new Set(arrow.map((name) => posix.dirname(name)))];
  const missing = splits?.splits.find((split) => !found.includes(split));
  if (missing !== undefined)
    throw new CorpusError('truncated', `${folder}/dataset_dict.json names the split ${missing}, which is not there: copy the whole folder`);
  const folders = [...(splits?.splits ?? []), ...found.filter((name) => !splits?.splits.includes(name))];
  const ordered: string[] = [];
  for (const own of folders) {
    const named = (await described(join(folder, own, 'state.json'), stateSchema))?.map((name) => posix.join(own, name));
    const lost = named?.find((name) => !existsSync(join(folder, name)));
    if (lost !== undefined)
      throw new CorpusError('truncated', `${join(folder, own)}/state.json names ${lost}, which is not there: copy the whole folder`);
    ordered.push(...(named ?? arrow.filter((name) => posix.dirname(name) === own)));
  }
  return ordered;
}

async function described<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new CorpusError('bad-source', `${path} is not what save_to_disk writes: save the dataset again, or remove this file`, { cause });
  }
}
