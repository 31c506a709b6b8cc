import { huggingFaceTokenizer } from './hf-tokenizer.ts';
import type { HuggingFaceTokenizerOptions } from './hf-tokenizer.ts';
import { badFile, isObject, reasonOf } from './hf-tokenizer-files.ts';
import type { JsonObject } from './hf-tokenizer-files.ts';
import { wordTokenizerConfig, wordTokenizerJson } from './hf-tokenizer-word.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { WordTokenizerOptions } from './word-tokenizer.ts';

// Node's modules are imported inside the functions, so that the package's index also loads in a browser.

/**
 * The tokenizer of a model folder: tokenizer.json, and where present tokenizer_config.json, generation_config.json and
 * chat_template.jinja. Throws `PolicyError` (`bad-tokenizer-file`) that names the file; see `huggingFaceTokenizer` for the rest.
 */
export async function loadTokenizer(folder: string, options: HuggingFaceTokenizerOptions = {}): Promise<Tokenizer> {
  const [tokenizer, config, generationConfig, chatTemplate] = await Promise.all([
    readJson(folder, 'tokenizer.json'),
    readJson(folder, 'tokenizer_config.json'),
    readJson(folder, 'generation_config.json'),
    readText(folder, 'chat_template.jinja'),
  ]);
  if (!tokenizer) throw badFile(`no tokenizer.json in ${folder}: pass the folder that holds the model's files`);
  try {
    return huggingFaceTokenizer(
      {
        tokenizer,
        ...(config && { config }),
        ...(generationConfig && { generationConfig }),
        ...(chatTemplate !== undefined && { chatTemplate }),
      },
      options,
    );
  } catch (error) {
    throw badFile(`${folder}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Writes tokenizer.json and tokenizer_config.json of a word-level vocabulary into an existing folder, for `loadTokenizer`. */
export async function saveWordTokenizer(folder: string, vocabulary: readonly string[], options: WordTokenizerOptions = {}): Promise<void> {
  const tokenizer = wordTokenizerJson(vocabulary, options);
  await writeJson(folder, 'tokenizer_config.json', wordTokenizerConfig(options));
  await writeJson(folder, 'tokenizer.json', tokenizer);
}

async function readText(folder: string, name: string): Promise<string | undefined> {
  const [{ readFile }, { join }] = await Promise.all([import('node:fs/promises'), import('node:path')]);
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (error) {
    if (isObject(error) && error['code'] === 'ENOENT') return undefined;
    throw badFile(`${join(folder, name)} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

async function readJson(folder: string, name: string): Promise<JsonObject | undefined> {
  const text = await readText(folder, name);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badFile(`${folder}: ${name} is not JSON: ${reasonOf(error)}`, { cause: error });
  }
  if (!isObject(value)) throw badFile(`${folder}: ${name} must hold a JSON object`);
  return value;
}

async function writeJson(folder: string, name: string, value: JsonObject): Promise<void> {
  const [{ open, rename }, { join }] = await Promise.all([import('node:fs/promises'), import('node:path')]);
  const path = join(folder, name);
  const file = await open(`${path}.tmp`, 'w');
  try {
    await file.writeFile(`${JSON.stringify(value, null, 1)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
}
