import { memAgentTemplate } from '@memtrain/agent';
import {
  closedBookControl,
  emptyMemoryControl,
  memoryAgent,
  oneWindowAgent,
  oracleControl,
  searchAgent,
  truncatedControl,
} from '@memtrain/benchmarks';
import type { EvaluatedAgent } from '@memtrain/benchmarks';
import type { ControlName } from '../commands/eval-benchmark-options.ts';
import type { EvalCommandOptions } from '../commands/eval.ts';
import { MemtrainError } from '../errors.ts';
import { retrieverCorpus } from './retriever-corpus.ts';

/** The agent and the controls that the options name. Throws `MemtrainError` (`usage`). */
export async function benchmarkAgents(
  options: EvalCommandOptions,
  { chat }: { readonly chat: boolean },
): Promise<{ readonly agent: EvaluatedAgent; readonly controls: readonly EvaluatedAgent[] }> {
  const { chunkTokens, memoryTokens, answerTokens, inputTokens, answer: answerPlace } = options;
  const reading = { chunkTokens, memoryTokens, answerTokens, answerPlace, template: { ...memAgentTemplate, chat } };
  const window = { inputTokens, answerTokens, answerPlace, chat };
  const controls: Readonly<Record<ControlName, () => EvaluatedAgent>> = {
    'closed-book': () => closedBookControl(window),
    'empty-memory': () => emptyMemoryControl(reading),
    truncated: () => truncatedControl({ ...window, inputTokens: options.windowTokens }),
    oracle: () => oracleControl(window),
  };
  return {
    agent:
      options.agent === 'search' ? await searcher(options) : options.agent === 'memory' ? memoryAgent(reading) : oneWindowAgent(window),
    controls: [...new Set(options.controls ?? [])].map((name) => controls[name]()),
  };
}

async function searcher({ retriever, corpus, topK, turns, answerTokens, searchTemplate }: EvalCommandOptions): Promise<EvaluatedAgent> {
  if (retriever === undefined) throw new MemtrainError('usage', '--agent search needs a retriever: give --retriever http://host:port');
  if (!URL.canParse(retriever)) throw new MemtrainError('usage', `--retriever ${retriever} is no URL: give http://host:port`);
  const searched = corpus ?? (await retrieverCorpus(retriever));
  const limits = { topK, turns, responseTokens: answerTokens, template: searchTemplate };
  return searchAgent({ retriever, ...limits, ...(searched === undefined ? {} : { corpus: searched }) });
}
