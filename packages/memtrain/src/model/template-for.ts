import { memAgentTemplate } from '@memtrain/agent';
import type { PromptTemplate } from '@memtrain/agent';
import type { Tokenizer } from '@memtrain/policy';

/** The template of a tokenizer: chat where it can. */
export function templateFor(tokenizer: Tokenizer): PromptTemplate {
  return { ...memAgentTemplate, chat: tokenizer.encodeChat !== undefined };
}
