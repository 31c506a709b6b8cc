import { search, searchTemplates } from '@memtrain/agent';
import type { SearchOptions, SearchTemplateName } from '@memtrain/agent';
import type { AgentReply, EvaluatedAgent } from './evaluated-agent.ts';

export interface SearchAgentOptions extends Pick<
  SearchOptions,
  'retriever' | 'turns' | 'topK' | 'responseTokens' | 'resultTokens' | 'invalidAction' | 'stopAtAction' | 'contextTokens'
> {
  /** Default `state`. */
  readonly template?: SearchTemplateName;
  /** Hash or name of what the retriever searches, for the results. */
  readonly corpus?: string;
}

/** MEM1's searcher: it thinks, searches and answers, and sees of earlier turns only what it wrote into its state. */
export function searchAgent(options: SearchAgentOptions): EvaluatedAgent {
  const { template = 'state', corpus, retriever, ...limits } = options;
  const { turns = 6, topK = 3, responseTokens = 1024, resultTokens = 1024 } = limits;
  const found = searchTemplates[template];
  const last = { reply: '{reply}', information: '{information}' };
  return {
    name: 'search',
    settings: {
      template,
      ...limits,
      turns,
      topK,
      responseTokens,
      resultTokens,
      retriever: typeof retriever === 'string' ? retriever : 'function',
      ...(corpus === undefined ? {} : { corpus }),
    },
    wording: [found.prompt({ question: '{question}', turns, last }), found.correction],
    estimate(item, tokensPerCharacter) {
      const fixed = 200 + item.question.length * tokensPerCharacter;
      const promptTokens = Math.round(turns * fixed + (turns - 1) * (responseTokens + resultTokens));
      return { calls: turns, promptTokens, completionTokens: turns * responseTokens };
    },
    async run(model, item, { seed, temperature, signal }): Promise<AgentReply> {
      const asked = { ...limits, retriever, template, turns, topK, responseTokens, resultTokens };
      const { answer, end, error } = await search(model, item.question, { ...asked, seed, temperature, ...(signal ? { signal } : {}) });
      return { end, ...(answer === undefined ? {} : { answer }), ...(error ? { error: error.message } : {}) };
    },
  };
}
