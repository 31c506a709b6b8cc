import { exactMatch, f1, strictBoxedMatch, stringMatchAll, stringMatchPart, subExactMatch, twoWaySubExactMatch } from '@memtrain/rewards';
import type { Verifier } from '@memtrain/rewards';
import type { AgentReply } from '../agents/evaluated-agent.ts';
import type { GoldAnswers, MetricName } from '../items/benchmark-item.ts';

/** Every metric that a reply has, in [0, 1] (`mem1`: 0 to the number of questions). */
export type Scores = Readonly<Partial<Record<MetricName, number>>>;

const answerMetrics: readonly (readonly [MetricName, Verifier])[] = [
  ['em', exactMatch],
  ['sub-em', subExactMatch],
  ['sub-em-two-way', twoWaySubExactMatch],
  ['f1', f1],
];

/**
 * All metrics of a reply, side by side. No answer is wrong by every metric. The strict boxed match reads the whole reply, and is there only
 * for agents that box their answers. Where all answers must be named, `string-match` is the share that was (RULER), and the others compare
 * the whole list; of several questions every metric is the mean over them, `all-correct` is by exact match, and `mem1` is MEM1's count of
 * right answers, 0 unless their number is the number of questions.
 */
export function scoreReply(reply: AgentReply, gold: GoldAnswers): Scores {
  if (gold.kind === 'each') return scoreEach(reply, gold.answers);
  const answer = reply.answer ?? '';
  const accepted = gold.kind === 'any' ? gold.answers : [gold.answers.join(', ')];
  return {
    ...(reply.text === undefined ? {} : { 'boxed-strict': strictBoxedMatch(reply.text, accepted) }),
    ...Object.fromEntries(answerMetrics.map(([name, verify]) => [name, verify(answer, accepted)])),
    'string-match': gold.kind === 'any' ? stringMatchPart(answer, gold.answers) : stringMatchAll(answer, gold.answers),
  };
}

function scoreEach(reply: AgentReply, lists: readonly (readonly string[])[]): Scores {
  const said = reply.answer?.split(';').map((part) => part.trim()) ?? [];
  const mean = (verify: Verifier): number => lists.reduce((sum, gold, index) => sum + verify(said[index] ?? '', gold), 0) / lists.length;
  const right = lists.map((gold, index) => exactMatch(said[index] ?? '', gold));
  const count = right.reduce((sum, one) => sum + one, 0);
  return {
    ...(reply.text === undefined ? {} : { 'boxed-strict': mean((part, gold) => strictBoxedMatch(`\\boxed{${part}}`, gold)) }),
    ...Object.fromEntries(answerMetrics.map(([name, verify]) => [name, mean(verify)])),
    'string-match': mean(stringMatchPart),
    'all-correct': count === lists.length ? 1 : 0,
    mem1: said.length === lists.length ? count : 0,
  };
}
