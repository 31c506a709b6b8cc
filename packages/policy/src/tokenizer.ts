import type { Message } from './conversation.ts';

/** Text to token ids and back. */
export interface Tokenizer {
  readonly vocabularySize: number;
  /** Ids that end a completion. */
  readonly endIds: readonly number[];
  /** Id that fills unused places of a batch. */
  readonly padId: number;
  /** Ids of the text alone: no template, no begin-of-sequence token; special tokens spelled in the text are text unless the tokenizer is word-level. */
  encode(text: string): Int32Array;
  /** Text of the ids; end and padding ids are left out. */
  decode(ids: ArrayLike<number>): string;
  /** Ids of a chat with the generation prompt appended. Absent when the tokenizer has no chat template. */
  encodeChat?(messages: readonly Message[]): Int32Array;
}
