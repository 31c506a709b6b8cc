import type { Adapter } from './adapter.ts';
import { longMemEval } from './long-mem-eval.ts';
import { memoryAgentBench } from './memory-agent-bench.ts';
import { ownItems } from './own-items.ts';
import { ruler } from './ruler.ts';
import { rulerHotpotQa } from './ruler-hotpotqa.ts';
import { hotpotQaDistractor, searchQuestions } from './search-questions.ts';

/** Every benchmark by its name on the command line. */
export const adapters: Readonly<Record<string, Adapter>> = {
  'ruler-hotpotqa': rulerHotpotQa,
  ruler,
  triviaqa: searchQuestions('TriviaQA'),
  bamboogle: searchQuestions('Bamboogle'),
  hotpotqa: searchQuestions('HotpotQA'),
  nq: searchQuestions('Natural Questions'),
  popqa: searchQuestions('PopQA'),
  '2wikimultihopqa': searchQuestions('2WikiMultihopQA'),
  musique: searchQuestions('MuSiQue'),
  'hotpotqa-distractor': hotpotQaDistractor,
  longmemeval: longMemEval,
  'memory-agent-bench': memoryAgentBench,
  own: ownItems,
};
