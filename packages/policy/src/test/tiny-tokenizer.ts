import type { Message } from '../conversation.ts';
import { PolicyError } from '../errors.ts';
import type { Tokenizer } from '../tokenizer.ts';

/** Ids of the control tokens of `tinyTokenizer`. */
export const tinyTokens: { readonly pad: 256; readonly start: 257; readonly end: 258 } = { pad: 256, start: 257, end: 258 };

/**
 * A tokenizer for tests that takes any text: a token a UTF-8 byte, and three control tokens. It has a chat template (ChatML), and a
 * control token spelled in a text is text. Decoding cuts nothing but control tokens; half a character decodes to U+FFFD.
 */
export function tinyTokenizer(): Tokenizer {
  const { pad, start, end } = tinyTokens;
  const bytes = (text: string): number[] => [...new TextEncoder().encode(text)];
  const turn = ({ role, content }: Message): number[] => [start, ...bytes(`${role}\n${content}`), end, ...bytes('\n')];
  return {
    vocabularySize: 259,
    endIds: [end],
    padId: pad,
    encode: (text) => Int32Array.from(bytes(text)),
    decode(ids) {
      const unknown = Array.from(ids).find((id) => !(id >= 0 && id <= end));
      if (unknown !== undefined) throw new PolicyError('unknown-token', `token id ${unknown} is not in the vocabulary (ids 0 to ${end})`);
      return new TextDecoder().decode(Uint8Array.from(Array.from(ids).filter((id) => id < pad)));
    },
    encodeChat: (messages) => Int32Array.from([...messages.flatMap(turn), start, ...bytes('assistant\n')]),
  };
}
