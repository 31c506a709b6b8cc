import { cutChunksByWords } from '@memtrain/agent';
import type { Tokenizer } from '@memtrain/policy';
import type { EvaluatedAgent } from '../agents/evaluated-agent.ts';
import { wholeText } from '../agents/middle-cut.ts';
import type { Benchmark } from '../items/benchmark-item.ts';
import type { TokenPrice } from './summarize.ts';

/** Most calls and tokens of one arm and group. */
export interface CostEstimate {
  readonly arm: string;
  readonly group: string;
  readonly answers: number;
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Present where a price was given. */
  readonly cost?: number;
}

export interface EstimateCostOptions {
  readonly arms: readonly EvaluatedAgent[];
  readonly samples: number;
  /** Without it 3/4 of a word is taken for a token, as the reader does. */
  readonly tokenizer?: Tokenizer;
  readonly price?: TokenPrice;
}

/** What an evaluation will ask for at most (every reply as long as it may be), by arm and group, before anything is asked. */
export async function estimateCost(benchmark: Benchmark, options: EstimateCostOptions): Promise<CostEstimate[]> {
  const { arms, samples, tokenizer, price } = options;
  const tokensPerCharacter = await measureTokens(benchmark, tokenizer);
  const rows: CostEstimate[] = [];
  for (const arm of arms) {
    const groups = new Map<string, { answers: number; calls: number; promptTokens: number; completionTokens: number }>();
    for (const item of benchmark.items) {
      if (arm.applies && !arm.applies(item)) continue;
      const one = arm.estimate(item, tokensPerCharacter);
      const row = groups.get(item.group) ?? { answers: 0, calls: 0, promptTokens: 0, completionTokens: 0 };
      row.answers += samples;
      row.calls += samples * one.calls;
      row.promptTokens += samples * one.promptTokens;
      row.completionTokens += samples * one.completionTokens;
      groups.set(item.group, row);
    }
    for (const [group, row] of groups) {
      const cost = price ? { cost: (row.promptTokens * price.prompt + row.completionTokens * price.completion) / 1e6 } : {};
      rows.push({ arm: arm.name, group, ...row, ...cost });
    }
  }
  return rows;
}

/** Tokens of a character in the beginning of the first text (or the questions). */
async function measureTokens({ items }: Benchmark, tokenizer: Tokenizer | undefined): Promise<number> {
  const short = items.reduce<(typeof items)[number] | undefined>(
    (least, item) => (item.text && item.text.characters < (least?.text?.characters ?? Infinity) ? item : least),
    undefined,
  );
  const text = short?.text
    ? await wholeText(await short.text.open())
    : items
        .slice(0, 20)
        .map(({ question }) => question)
        .join('\n');
  const sample = text.slice(0, 20_000);
  if (sample === '') return 0.25;
  return (tokenizer ? tokenizer.encode(sample).length : cutChunksByWords(sample, 1).length / 0.75) / sample.length;
}
