import type { Model } from '@memtrain/policy';
import type { BenchmarkItem } from '../items/benchmark-item.ts';

/** What an agent said. */
export interface AgentReply {
  /** The whole last reply, where a boxed answer may stand; absent where the agent marks answers otherwise. */
  readonly text?: string;
  /** The answer; absent when none was found in the reply. */
  readonly answer?: string;
  /** How it ended, e.g. `answered`, `no-answer`, `length`, `turns`. */
  readonly end: string;
  /** What failed outside the agent (a call, a search): the answer counts as wrong, is listed, and is tried again by a resumed run. */
  readonly error?: string;
}

/** Most calls and tokens of one answer. */
export interface CallEstimate {
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** Something that answers the questions of a benchmark with a model. Your own is an object like this one. */
export interface EvaluatedAgent {
  readonly name: string;
  /** Everything but the wording that its answers depend on, as JSON: limits, template, retriever, top-k. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Prompts with placeholders: their hash stands in the results. */
  readonly wording: readonly string[];
  /** False: it cannot answer this item (a control that needs evidence where there is none), which is left out. Default: it can. */
  applies?(item: BenchmarkItem): boolean;
  estimate(item: BenchmarkItem, tokensPerCharacter: number): CallEstimate;
  /**
   * Answers. All calls go through the model given here, which is scheduled and measured. What it throws is a failed answer, but an error
   * with the code `bad-options`, `no-file` or `bad-data` ends the evaluation.
   */
  run(
    model: Model,
    item: BenchmarkItem,
    options: { readonly seed: number; readonly temperature: number; readonly signal?: AbortSignal },
  ): Promise<AgentReply>;
}
