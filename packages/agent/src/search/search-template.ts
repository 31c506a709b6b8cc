import type { Finish } from '@memtrain/policy';
import type { RetrievedPassage } from './retriever.ts';
import { parseSearchReply } from './search-reply.ts';
import type { SearchReply } from './search-reply.ts';

/** How a search agent speaks to its model. A plain object: spread one to change a part. */
export interface SearchTemplate {
  readonly name: string;
  /** True: a prompt is one user message of a chat. False: plain text. */
  readonly chat: boolean;
  /** The prompt of a turn: the question, and of all that was before only the last reply and what was found for it. */
  prompt(parts: {
    readonly question: string;
    readonly turns: number;
    readonly last?: { readonly reply: string; readonly information: string };
  }): string;
  /** The text between a search and the next turn; `found` is cut to its budget already. */
  information(parts: { readonly found: string; readonly turnsLeft: number }): string;
  /** The passages as text, before the cut. */
  results(passages: readonly RetrievedPassage[]): string;
  /** What stands for the results after a reply without a valid action, when it is corrected. */
  readonly correction: string;
  parse(text: string, finish: Finish): SearchReply;
  /** A reply may end here. */
  readonly stop: readonly string[];
}

/** Names of the search templates that come with this package; they differ in the tag of the state. */
export type SearchTemplateName = 'state' | 'mem1';

/**
 * The two layouts of MEM1 (arXiv 2506.15841): `mem1` keeps its state in think tags as MEM1's weights do; `state` in tags of its own, which
 * neither chat templates nor servers strip from a reply. The instructions are worded anew.
 */
export const searchTemplates: Readonly<Record<SearchTemplateName, SearchTemplate>> = {
  state: searchTemplate('state', 'state'),
  mem1: searchTemplate('mem1', 'think'),
};

function searchTemplate(name: string, tag: string): SearchTemplate {
  const instructions = (turns: number): string =>
    `Answer the question below. In each of at most ${turns} turns, first rewrite everything worth remembering between <${tag}> and ` +
    `</${tag}>: you will see nothing else of earlier turns. Then either ask a search engine with <search> query </search>, and its ` +
    'results come between <information> and </information>, or give the final answer with <answer> answer </answer>. Several ' +
    'questions are answered in their order, with semicolons between the answers.';
  return {
    name,
    chat: true,
    prompt: ({ question, turns, last }) => {
      const asked = `${instructions(turns)}\n\nQuestion: ${question}\n`;
      return last === undefined ? asked : `${asked}\n${last.reply}\n\n${last.information}\n`;
    },
    information: ({ found, turnsLeft }) => {
      const hint = turnsLeft === 1 ? 'This is your last turn: give the answer.' : `You have ${turnsLeft} turns left.`;
      return `<information>\n[HINT] ${hint}\n${found}\n</information>`;
    },
    results: (passages) => {
      if (passages.length === 0) return 'Nothing was found.';
      return passages
        .map(({ title, text }, index) => `Doc ${index + 1}${title === undefined ? '' : `(Title: ${title})`} ${text}`)
        .join('\n');
    },
    correction: 'The last reply held no valid action: search with <search> query </search>, or answer with <answer> answer </answer>.',
    parse: (text, finish) => parseSearchReply(text, { tag, finish }),
    stop: ['</search>', '</answer>'],
  };
}
