import { deriveSeed, randomFromSeed, type Completion, type Conversation, type Random, type Tokenizer } from '@memtrain/policy';
import { drawToken, probabilitiesOf } from './sampling.ts';

/** One completion to be made, with everything resolved. */
export interface GenerationRow {
  /** Position of the request. */
  readonly index: number;
  readonly prompt: Int32Array;
  readonly seed: number;
  readonly maxTokens: number;
  /** 0 means greedy. */
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly stop: readonly string[];
}

/** A completion in the making. */
export class GeneratingRow {
  readonly row: GenerationRow;
  readonly #tokenizer: Tokenizer;
  readonly #random: Random;
  readonly #tokens: number[] = [];
  readonly #logprobs: number[] = [];
  #stopped = false;

  constructor(row: GenerationRow, tokenizer: Tokenizer) {
    this.row = row;
    this.#tokenizer = tokenizer;
    this.#random = randomFromSeed(deriveSeed(row.seed, 'sample'));
  }

  /** What the logits are divided by; greedy choice and its reported log-probability are at 1. */
  get divisor(): number {
    return this.row.temperature > 0 ? this.row.temperature : 1;
  }

  get length(): number {
    return this.#tokens.length;
  }

  get last(): number {
    return this.#tokens[this.#tokens.length - 1]!;
  }

  get finished(): boolean {
    return this.#stopped || this.#tokens.length >= this.row.maxTokens;
  }

  /** Draws the first token, from logits. */
  begin(logits: Float32Array): void {
    this.draw(probabilitiesOf(logits, 0, logits.length, this.divisor), 0, logits.length);
  }

  /** Draws the next token from the probabilities at [start, start + size). */
  draw(probabilities: Float32Array, start: number, size: number): void {
    const { temperature, topK, topP } = this.row;
    const greedy = temperature === 0;
    const { token, logprob } = drawToken(probabilities, start, size, { greedy, topK, topP, uniform: greedy ? 0 : this.#random.float() });
    this.#tokens.push(token);
    this.#logprobs.push(logprob);
    this.#stopped = this.#tokenizer.endIds.includes(token) || this.#tailStops();
  }

  completion(): Completion {
    const conversation: Conversation = {
      prompt: this.row.prompt,
      completion: Int32Array.from(this.#tokens),
      logprobs: Float32Array.from(this.#logprobs),
      finish: this.#stopped ? 'stop' : 'length',
    };
    const text = this.#tokenizer.decode(this.#tokens);
    const cuts = this.row.stop.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
    return { text: cuts.length > 0 ? text.slice(0, Math.min(...cuts)) : text, finish: conversation.finish, conversation };
  }

  /** Whether the last tokens hold a stop string. A character has at most four tokens, so only so many are looked at. */
  #tailStops(): boolean {
    const { stop } = this.row;
    if (stop.length === 0) return false;
    const longest = Math.max(...stop.map((text) => text.length));
    const tail = this.#tokenizer.decode(this.#tokens.slice(-4 * longest - 8));
    return stop.some((text) => tail.includes(text));
  }
}
