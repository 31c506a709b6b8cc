import { describe, expect, test } from '@jest/globals';
import { countPromptTokens, encodePrompt, PolicyError, wordTokenizer } from '@memtrain/policy';
import { tinyTokenizer } from '@memtrain/policy/test';

const tokenizer = wordTokenizer(['<pad>', '<eos>', 'a', 'b']);

describe('encodePrompt', () => {
  test('passes token ids through, the very same array', () => {
    const ids = Int32Array.of(3, 2);
    expect(encodePrompt(ids, tokenizer)).toBe(ids);
  });

  test('encodes text without a template', () => {
    expect(encodePrompt('a b', tokenizer)).toEqual(Int32Array.of(2, 3));
  });

  test('renders a chat with the tokenizer of the model', () => {
    const chatty = { ...tokenizer, encodeChat: (messages: readonly { content: string }[]) => tokenizer.encode(messages[0]!.content) };
    expect(encodePrompt([{ role: 'user', content: 'b' }], chatty)).toEqual(Int32Array.of(3));
  });

  test('throws no-chat-template for a chat when there is no template', () => {
    const encode = (): Int32Array => encodePrompt([{ role: 'user', content: 'a' }], tokenizer);
    expect(encode).toThrow(
      expect.objectContaining({ code: 'no-chat-template', message: expect.stringContaining('pass text or token ids') }),
    );
  });
});

test('countPromptTokens counts the template and its special tokens', () => {
  expect(countPromptTokens('a b a', tokenizer)).toBe(3);
  expect(countPromptTokens(Int32Array.of(1, 2), tokenizer)).toBe(2);
  // <start>user, line feed, 5 bytes, <end>, line feed, <start>assistant, line feed.
  expect(countPromptTokens([{ role: 'user', content: 'hello' }], tinyTokenizer())).toBe(1 + 4 + 1 + 5 + 1 + 1 + 1 + 9 + 1);
});

describe('PolicyError', () => {
  test('carries its code, its name and its cause', () => {
    const cause = new Error('below');
    const error = new PolicyError('bad-options', 'what, where, what to do', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: 'bad-options', name: 'PolicyError', message: 'what, where, what to do', cause });
  });

  test('is recognised across two copies of the package, other values are not', () => {
    const foreign = Object.defineProperty(new Error('x'), Symbol.for('memtrain.policy.error'), { value: true });
    expect(PolicyError.isInstance(new PolicyError('bad-options', 'x'))).toBe(true);
    expect(PolicyError.isInstance(foreign)).toBe(true);
    for (const value of [new Error('x'), null, undefined, 'text', {}]) expect(PolicyError.isInstance(value)).toBe(false);
  });
});
