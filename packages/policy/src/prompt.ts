import { PolicyError } from './errors.ts';
import type { Prompt } from './model.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Token ids of any kind of prompt. Throws `PolicyError` (`no-chat-template`) for a chat when the tokenizer has no template. */
export function encodePrompt(prompt: Prompt, tokenizer: Tokenizer): Int32Array {
  if (prompt instanceof Int32Array) return prompt;
  if (typeof prompt === 'string') return tokenizer.encode(prompt);
  if (!tokenizer.encodeChat) {
    throw new PolicyError('no-chat-template', 'a chat prompt needs a tokenizer with a chat template: pass text or token ids instead');
  }
  return tokenizer.encodeChat(prompt);
}

/**
 * Number of tokens that a prompt takes of the context: the chat template and its special tokens are counted. For a budget add the
 * completion's `maxTokens` (end token included). Throws as `encodePrompt` does.
 */
export function countPromptTokens(prompt: Prompt, tokenizer: Tokenizer): number {
  return encodePrompt(prompt, tokenizer).length;
}
