import type { Reward } from '../custom/reward.ts';
import { RewardError } from '../errors.ts';

/**
 * InfoMem's reward (arXiv 2606.03329): by how much the final memory raises the mean log-probability a token of the gold answer, in nats,
 * over the empty memory; the best of several gold answers. By default only for a right answer, else 0; `normalise` it before mixing.
 * Needs `context.answerLogprob`; throws `RewardError` (`no-context`) without it.
 */
export function informationGain(options: { readonly onlyRight?: boolean } = {}): Reward {
  const { onlyRight = true } = options;
  return async ({ item: { problem }, memories, answer, gold }, { answerLogprob, verify, signal }) => {
    if (!answerLogprob) {
      throw new RewardError(
        'no-context',
        'information gain needs log-probabilities: give context.answerLogprob, from a model that can score',
      );
    }
    if (onlyRight && (answer === undefined || verify(answer, gold) <= 0)) return 0;
    const memory = memories.at(-1) ?? '';
    const gains = await Promise.all(
      gold.map(async (accepted) => {
        const request = { problem, answer: accepted };
        const [informed, blind] = await Promise.all([memory, ''].map((each) => answerLogprob({ ...request, memory: each }, { signal })));
        return informed! - blind!;
      }),
    );
    return gains.length === 0 ? 0 : Math.max(...gains);
  };
}
