import { boxedAnswer } from './boxed-answer.ts';
import { afterThinking } from '../read/memory-parser.ts';
import type { PromptTemplate } from './prompt-template.ts';

const block = (tag: string, content: string): string => `<${tag}>\n${content}\n</${tag}>\n`;
// MemAgent's layout has a space after the opening problem tag.
const problemBlock = (problem: string): string => `<problem> \n${problem}\n</problem>\n`;
const updateInstructions =
  'Below are a problem, your memory of the article so far, and the next section of that article. The section may hold evidence for the ' +
  'problem. Read it closely and write the new memory: keep every detail of the old memory that matters, and add what the section ' +
  'contributes to solving the problem.';

/**
 * The layout of MemAgent's prompts (arXiv 2507.02259): one user message with problem, memory and section in tags, answers in `\boxed{}`,
 * "No previous memory" before the first chunk. The instructions are worded anew. A reply's thinking block never enters the memory.
 */
export const memAgentTemplate: PromptTemplate = {
  name: 'memagent',
  chat: true,
  update: ({ problem, memory, chunk }) =>
    `${updateInstructions}\n\n${problemBlock(problem)}\n${block('memory', memory)}\n${block('section', chunk)}\nUpdated memory:\n`,
  updateChunkFirst: ({ problem, memory, chunk }) =>
    `${updateInstructions}\n\n${problemBlock(problem)}\n${block('section', chunk)}\n${block('memory', memory)}\nUpdated memory:\n`,
  answer: ({ problem, memory }) =>
    'Below are a problem and your memory of an article. Solve the problem from the memory, and put the answer in \\boxed{}.\n\n' +
    `${problemBlock(problem)}\n${block('memory', memory)}\nYour answer:\n`,
  recall: ({ memory, chunk }) =>
    'Below are your memory of an article and an earlier section of it, in which one entity was replaced everywhere by [TARGET]. From the ' +
    'memory and the section, say which entity [TARGET] stands for, and put the answer in \\boxed{}.\n\n' +
    `${block('memory', memory)}\n${block('section', chunk)}\nYour answer:\n`,
  parseMemory: afterThinking,
  parseAnswer: (text) => boxedAnswer(afterThinking(text)),
  emptyMemory: 'No previous memory',
  problem:
    'One entity of the article was replaced everywhere by [MASK]. Judging from the whole article, which entity does [MASK] stand for?',
  target: '[TARGET]',
};
