import type { Reward } from '../custom/reward.ts';
import { answerWords } from '../verifiers/normalize-answer.ts';

/**
 * ReMemR1's step reward: the change, at each memory, of the share of the gold answer's words that stand in it (the best of several gold
 * answers), the first against the empty memory. The changes add up to the last memory's share.
 */
export function recallChanges(memories: readonly string[], gold: readonly string[]): number[] {
  const shares = memories.map((memory) => {
    const held = new Set(answerWords(memory));
    return gold.reduce((best, accepted) => {
      const words = new Set(answerWords(accepted));
      const found = [...words].filter((word) => held.has(word)).length;
      return words.size === 0 ? best : Math.max(best, found / words.size);
    }, 0);
  });
  return shares.map((share, step) => share - (shares[step - 1] ?? 0));
}

/** Share of the gold answer's words in the last memory, in [0, 1]; the metric `forgotten` is how much more an earlier one held. */
export function stepRecall(): Reward {
  return ({ memories, gold }) => {
    let share = 0;
    let best = 0;
    for (const change of recallChanges(memories, gold)) {
      share += change;
      best = Math.max(best, share);
    }
    return { reward: share, metrics: { forgotten: best - share } };
  };
}
