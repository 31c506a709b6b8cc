import type { Completion } from '@memtrain/policy';
import type { PromptTemplate } from './prompt-template.ts';
import type { AnswerEnd } from '../read/trajectory.ts';

/** What a reply says: an answer counts even when the limit cut the text after it. */
export function answerOf(template: PromptTemplate, completion: Completion): { readonly answer?: string; readonly end: AnswerEnd } {
  const answer = template.parseAnswer(completion.text);
  if (answer !== undefined) return { answer, end: 'answered' };
  return { end: completion.finish === 'length' ? 'length' : 'no-answer' };
}
