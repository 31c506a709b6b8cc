import { join } from 'node:path';
import {
  adapters,
  catalog,
  getData,
  openBenchmark,
  parseLength,
  readSourceTexts,
  rulerTasks,
  tokenCount,
  writeRuler,
  writeSyntheticRulerHqa,
} from '@memtrain/benchmarks';
import type { SourceTexts } from '@memtrain/benchmarks';
import { sentences } from '@memtrain/corpus';
import { loadTokenizer } from '@memtrain/policy';
import { normalizeAnswer } from '@memtrain/rewards';
import { MemtrainError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import type { DataGetOptions, DataMakeOptions } from './data.ts';

/** Does what `memtrain data list` was asked for. */
export function runDataList(context: CommandContext): void {
  for (const [name, { title }] of Object.entries(adapters)) {
    context.print(`${name.padEnd(20)} ${title}${name in catalog ? '' : ' (nothing to download)'}`);
  }
  const more = Object.keys(catalog).filter((name) => !(name in adapters));
  for (const name of more) context.print(`${name.padEnd(20)} ${catalog[name]!.note}`);
}

/** Does what `memtrain data get` was asked for. */
export async function runDataGet(options: DataGetOptions & { readonly name: string }, context: CommandContext): Promise<void> {
  const { name, dir, file } = options;
  const endpoint = options.endpoint ?? (process.env['HF_ENDPOINT'] || undefined);
  const task = context.progress.task(name, undefined);
  const files = await getData(name, {
    folder: dir,
    signal: context.signal,
    onProgress: (part, done, total) => task.update(done, part, total),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(file ? { only: file } : {}),
  }).finally(() => task.finish());
  context.print(`${name}: ${catalog[name]!.note}`);
  for (const { path, bytes, sha256, present } of files) {
    context.print(`${path}: ${bytes} bytes, SHA-256 ${sha256}${present ? ' (was there)' : ''}`);
  }
}

/** Does what `memtrain data make` was asked for. */
export async function runDataMake(options: DataMakeOptions & { readonly name: string }, context: CommandContext): Promise<void> {
  const { name, source = [], count, seed, dir } = options;
  const countTokens = tokenCount(options.tokenizer === undefined ? undefined : await loadTokenizer(options.tokenizer));
  const texts: SourceTexts = await readSourceTexts(source);
  for (const length of options.lengths.split(',')) {
    context.signal.throwIfAborted();
    const tokens = parseLength(length);
    if (!(tokens >= 1)) throw new MemtrainError('usage', `--lengths holds "${length}": give tokens such as 4096, 7k or 3.5M`);
    if (name === 'synthetic-ruler-hqa') {
      const path = join(dir, `synthetic_ruler_hqa_${length}.json`);
      const made = await writeSyntheticRulerHqa(path, texts, { tokens, length, count, seed, countTokens });
      context.print(
        `${path}: ${made.questions} questions over ${made.documents} documents each, ${made.bytes} bytes, SHA-256 ${made.sha256}`,
      );
      continue;
    }
    const task = rulerTasks.find((known) => known === name);
    if (!task) throw new MemtrainError('usage', `"${name}" cannot be made: give synthetic-ruler-hqa or one of ${rulerTasks.join(', ')}`);
    const path = join(dir, `eval_${task}_${tokens}.json`);
    const sources = { ...texts, sentences: sentencesOf(texts) };
    const made = await writeRuler(path, { task, tokens, count, seed, countTokens, sources });
    context.print(`${path}: ${made.samples} samples, ${made.bytes} bytes, SHA-256 ${made.sha256}`);
  }
}

/** Sentences of all passages, without their titles. */
function sentencesOf({ passages }: SourceTexts): string[] {
  return passages.flatMap((passage) => {
    const text = passage.slice(passage.indexOf('\n') + 1);
    return sentences(text).map(({ start, end }) => text.slice(start, end));
  });
}

/** Does what `memtrain data check` was asked for. */
export async function runDataCheck(options: { readonly name: string; readonly file: string }, context: CommandContext): Promise<void> {
  const { items } = await openBenchmark(options.name, { files: [options.file] });
  const groups = new Map<string, number>();
  for (const { group } of items) groups.set(group, (groups.get(group) ?? 0) + 1);
  const parts = groups.size > 1 ? ` (${[...groups].map(([group, number]) => `${group}: ${number}`).join(', ')})` : '';
  const texts = items.filter(({ text }) => text).length;
  context.print(`OK: ${items.length} questions${parts}, ${texts} with a text`);
  const lists = items.flatMap(({ id, gold }) => (gold.kind === 'any' ? [{ id, answers: gold.answers }] : []));
  const empty = lists.filter(({ answers }) => answers.every((answer) => normalizeAnswer(answer) === ''));
  if (empty.length > 0) {
    const ids = empty.slice(0, 5).map(({ id }) => id);
    context.print(
      `${empty.length} questions whose gold answers are empty in normal form, so that none matches: ${ids.join(', ')}${empty.length > 5 ? ', ...' : ''}`,
    );
  }
}
