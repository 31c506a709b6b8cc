import { boxedAnswer } from './boxed-answer.ts';
import { AgentError } from '../errors.ts';
import { memAgentTemplate } from './memagent-template.ts';
import { afterThinking } from '../read/memory-parser.ts';
import type { PromptTemplate, UpdateParts } from './prompt-template.ts';

/** Wording of your own, e.g. out of a JSON file: texts with `{problem}`, `{memory}` and `{chunk}` where these belong. */
export interface TemplateTexts {
  readonly name: string;
  readonly update: string;
  /** For `layout: 'chunk-first'`. */
  readonly updateChunkFirst?: string;
  readonly answer: string;
  /** For the recall task; without it `memAgentTemplate`'s. */
  readonly recall?: string;
  /** Default "No previous memory". */
  readonly emptyMemory?: string;
  readonly problem?: string;
  /** Default true: one user message of a chat. */
  readonly chat?: boolean;
}

/**
 * A template out of texts. Every placeholder is filled once, in one pass: braces in a document stay as they are. Answers are read from
 * `\boxed{}`. Throws `AgentError` (`bad-options`) when a text lacks a placeholder that it needs.
 */
export function textTemplate(texts: TemplateTexts): PromptTemplate {
  const { name, update, updateChunkFirst, answer, recall, problem, chat = true } = texts;
  const filler = (text: string, field: string, needed: readonly string[]): ((parts: Partial<UpdateParts>) => string) => {
    const missing = needed.find((part) => !text.includes(`{${part}}`));
    if (missing !== undefined) throw new AgentError('bad-options', `the template "${name}" has no {${missing}} in "${field}": add it`);
    return (parts) => text.replace(/\{(problem|memory|chunk)\}/g, (found, part: keyof UpdateParts) => parts[part] ?? found);
  };
  const all = ['problem', 'memory', 'chunk'];
  const chunkFirst = updateChunkFirst === undefined ? undefined : filler(updateChunkFirst, 'updateChunkFirst', all);
  return {
    name,
    chat,
    update: filler(update, 'update', all),
    ...(chunkFirst ? { updateChunkFirst: chunkFirst } : {}),
    answer: filler(answer, 'answer', ['problem', 'memory']),
    recall: recall === undefined ? memAgentTemplate.recall : filler(recall, 'recall', ['memory', 'chunk']),
    parseMemory: afterThinking,
    parseAnswer: (text) => boxedAnswer(afterThinking(text)),
    emptyMemory: texts.emptyMemory ?? memAgentTemplate.emptyMemory,
    ...(problem === undefined ? {} : { problem }),
    target: '[TARGET]',
  };
}
