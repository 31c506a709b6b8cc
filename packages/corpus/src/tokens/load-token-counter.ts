import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CorpusError } from '../errors.ts';
import { byteLevelBpe } from './byte-level-bpe.ts';
import { tokenCounterOf } from './token-counter.ts';
import type { TokenCounter } from './token-counter.ts';

/**
 * A counter from a tokenizer.json (or its folder) by the fast byte-level BPE, without comparing: for threads whose parent has compared by
 * `chooseTokenizer`. Throws `CorpusError`: `no-file`, `bad-tokenizer`.
 */
export async function loadTokenCounter(path: string): Promise<TokenCounter> {
  return tokenCounterOf(byteLevelBpe(await readTokenizerJson(path)), 'byte-level-bpe');
}

/** Contents of a tokenizer.json, given by its path or its folder's. Throws `CorpusError`: `no-file`, `bad-tokenizer`. */
export async function readTokenizerJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile((await stat(path)).isDirectory() ? join(path, 'tokenizer.json') : path, 'utf8');
  } catch (cause) {
    throw new CorpusError('no-file', `${path}: cannot be read (${(cause as Error).message}): give a tokenizer.json or its folder`, {
      cause,
    });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new CorpusError('bad-tokenizer', `${path} is not JSON (${(cause as Error).message}): give the tokenizer.json of a model`, {
      cause,
    });
  }
}
