import { cutChunks } from '@memtrain/agent';
import type { RolloutDocument, TextSource } from '@memtrain/agent';
import { openBenchmark } from '@memtrain/benchmarks';
import type { Benchmark, BenchmarkItem } from '@memtrain/benchmarks';
import type { Tokenizer } from '@memtrain/policy';
import { MemtrainError } from '../errors.ts';
import { requireFile, readTextFile } from '../run/read-file.ts';

export interface OpenQuestionsOptions {
  /** A benchmark whose format the file has. */
  readonly format: string;
  /** Consecutive questions composed into one, as MEM1 does. */
  readonly objectives: number;
  /** Whether every question must bring its text. */
  readonly withText: boolean;
}

/** Questions to train on. Throws `MemtrainError` (`no-file`, `bad-file`) and `BenchmarkError`, which name the file and the line. */
export async function openQuestions(path: string, { format, objectives, withText }: OpenQuestionsOptions): Promise<Benchmark> {
  requireFile(path, 'questions');
  const benchmark = await openBenchmark(format, { files: [path], objectives });
  const bare = benchmark.items.find((item) => !item.text);
  if (withText && bare) {
    throw new MemtrainError(
      'bad-file',
      `${path}: the question ${bare.id} has no text to read: give each line a "text", or a "search" section and --retriever to train an agent that searches`,
    );
  }
  return benchmark;
}

/** A question's text, whole. */
export async function textOf(item: BenchmarkItem): Promise<string> {
  const source: TextSource = (await item.text?.open()) ?? '';
  if (typeof source === 'string') return source;
  if (Array.isArray(source)) return source.join('');
  if ('file' in source) return readTextFile(source.file, 'text');
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of source as AsyncIterable<string | Uint8Array>) {
    text += typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

/** A question and its text, cut for reading. Throws `MemtrainError` (`bad-file`) where the answers are not alternatives: a reading is judged by exact match. */
export async function questionDocument(
  item: BenchmarkItem,
  options: { readonly tokenizer: Tokenizer; readonly chunkTokens: number; readonly maxChunks: number },
): Promise<RolloutDocument & { readonly whole: boolean }> {
  if (item.gold.kind !== 'any')
    throw new MemtrainError('bad-file', `the question ${item.id} has "${item.gold.kind}": an agent that reads is trained on "answers"`);
  const { answers: gold } = item.gold;
  const { tokenizer, chunkTokens, maxChunks } = options;
  const chunks = cutChunks(tokenizer, await textOf(item), chunkTokens);
  const whole = chunks.length <= maxChunks;
  // MemAgent's rule: of a text that is too long, the middle is left out.
  const kept = whole ? chunks : [...chunks.slice(0, Math.ceil(maxChunks / 2)), ...chunks.slice(-Math.floor(maxChunks / 2))];
  return { id: item.id, chunks: kept, gold, problem: item.question, objective: 'QA', whole };
}
