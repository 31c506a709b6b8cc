/** A reward of your own is a function of the answer and the gold answers. Prints how two verdicts differ. */
import { boxedExactMatch, endToEndReward, exactMatch, f1, recallReward, weightedSum } from '@memtrain/rewards';

const shortAndRight = (answer: string, gold: readonly string[]): number => exactMatch(answer, gold) * (answer.length < 40 ? 1 : 0.5);
const soft = weightedSum([
  { weight: 0.8, verify: shortAndRight },
  { weight: 0.2, verify: f1 },
]);

console.log('boxed', boxedExactMatch('It must be \\boxed{the Louvre}.', ['Louvre']));
const recalls = ['Prado', 'Louvre'].map((answer) => recallReward(answer, 'Louvre'));
for (const answer of ['Paris', 'Paris, France', 'Rome']) {
  console.log(answer, endToEndReward(answer, ['Paris'], { recallRewards: recalls, lambda: 0.5, verify: soft }));
}
