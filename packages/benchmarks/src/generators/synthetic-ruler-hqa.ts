import { deriveSeed, randomFromSeed } from '@memtrain/policy';
import type { Random } from '@memtrain/policy';
import { BenchmarkError } from '../errors.ts';
import { numberedDocuments } from '../adapters/hotpot-documents.ts';
import { createJsonArrayFile } from './json-array-file.ts';
import type { SourceTexts } from './source-passages.ts';
import type { CountTokens } from './token-count.ts';

export interface SyntheticRulerHqaOptions {
  /** Tokens of each context, about. */
  readonly tokens: number;
  /** Name of the length, e.g. `7k`; items are grouped by it. */
  readonly length: string;
  /** Questions. Default 128; fewer where the source has fewer. */
  readonly count?: number;
  readonly seed: number;
  readonly countTokens: CountTokens;
}

/** What was written. */
export interface SyntheticFacts {
  readonly questions: number;
  readonly documents: number;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes a file in the format of MemAgent's `eval_N.json`: each question's own passages among others drawn at random, numbered, in random
 * order, so that the answer may stand anywhere (MemAgent's files have it in ten fixed places). Passages that hold another question's answer
 * word for word are not kept out. Passages repeat only when a context needs more than there are. Streamed: memory is needed for the
 * sources and one passage. Same seed, same bytes. Throws `BenchmarkError` (`bad-options`).
 */
export async function writeSyntheticRulerHqa(
  path: string,
  source: SourceTexts,
  options: SyntheticRulerHqaOptions,
): Promise<SyntheticFacts> {
  const { tokens, length, count = 128, seed, countTokens } = options;
  const { questions, passages } = source;
  if (!(tokens >= 100)) throw new BenchmarkError('bad-options', `tokens is ${tokens}: give at least 100, e.g. 7k`);
  if (questions.length === 0 || passages.length === 0) {
    throw new BenchmarkError('bad-options', 'the sources hold no question with evidence: give HotpotQA, SQuAD or questions of your own');
  }
  const documents = Math.max(1, Math.round(tokens / meanTokens(passages, countTokens)));
  const chosen = randomFromSeed(deriveSeed(seed, 'questions')).shuffle(questions).slice(0, count);
  const file = await createJsonArrayFile(path);
  try {
    for (const [index, { question, answers, evidence }] of chosen.entries()) {
      const random = randomFromSeed(deriveSeed(seed, 'contexts', length, index));
      const fillers = Math.max(0, documents - evidence.length);
      const places = positions(random, { among: evidence.length + fillers, count: evidence.length });
      await file.open();
      await file.write('{"context":"');
      const texts = drawTexts(random, { passages, evidence, places, documents: evidence.length + fillers });
      for (const text of numberedDocuments(texts)) await file.write(JSON.stringify(text).slice(1, -1));
      const rest = {
        input: question,
        answers,
        num_docs: evidence.length + fillers,
        index,
        length,
        evidence: places.map((place) => place + 1),
      };
      await file.write(`",${JSON.stringify(rest).slice(1)}`);
    }
    return { questions: chosen.length, documents, ...(await file.finish()) };
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** Mean tokens of a passage with its heading, over at most 200 of them. */
function meanTokens(passages: readonly string[], countTokens: CountTokens): number {
  const every = Math.max(1, Math.floor(passages.length / 200));
  const sample = passages.filter((_passage, index) => index % every === 0);
  return countTokens(sample.map((text) => `Document 100:\n${text}`).join('\n\n')) / sample.length;
}

/** Distinct places in increasing order. */
function positions(random: Random, { among, count }: { readonly among: number; readonly count: number }): number[] {
  const places = new Set<number>();
  while (places.size < count) places.add(random.integer(among));
  return [...places].sort((a, b) => a - b);
}

function* drawTexts(
  random: Random,
  from: {
    readonly passages: readonly string[];
    readonly evidence: readonly string[];
    readonly places: readonly number[];
    readonly documents: number;
  },
): Generator<string> {
  const { passages, places, documents } = from;
  const evidence = random.shuffle(from.evidence);
  const own = new Set(evidence);
  const numbers = Array.from(passages, (_text, index) => index).filter((index) => !own.has(passages[index]!));
  let order: number[] = [];
  let given = 0;
  for (let place = 0; place < documents; place++) {
    if (place === places[given]) {
      yield evidence[given++]!;
      continue;
    }
    if (order.length === 0) order = random.shuffle(numbers);
    const next = order.pop();
    if (next === undefined) throw new BenchmarkError('bad-options', 'the sources hold no passage besides the evidence: give more passages');
    yield passages[next]!;
  }
}
