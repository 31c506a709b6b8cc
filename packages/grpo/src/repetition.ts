import type { Conversation } from '@memtrain/policy';

/**
 * How much completions repeat themselves: 1 - distinct / all runs of `size` tokens, the mean over the completions that have at least
 * `size` tokens, in [0, 1). 0 when none has.
 */
export function repetition(conversations: readonly Conversation[], size = 4): number {
  const shares = conversations
    .filter(({ completion }) => completion.length >= size)
    .map(({ completion }) => {
      const all = completion.length - size + 1;
      const distinct = new Set(Array.from({ length: all }, (_, start) => completion.subarray(start, start + size).join()));
      return 1 - distinct.size / all;
    });
  return shares.length === 0 ? 0 : shares.reduce((sum, share) => sum + share, 0) / shares.length;
}
