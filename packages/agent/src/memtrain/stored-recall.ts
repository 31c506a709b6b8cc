import type { RecallAnswer, RecallItem } from './answer-recalls.ts';
import { conversationFromJson, conversationToJson } from '../schedule/conversation-json.ts';
import type { ConversationJson } from '../schedule/conversation-json.ts';
import type { PromptTemplate } from '../templates/prompt-template.ts';
import type { RecordStorage } from '../schedule/run-stored.ts';
import { fingerprint } from '../schedule/fingerprint.ts';
import { isFailedEnd } from '../read/trajectory.ts';

/** How answers to recalls are kept. */
export function recallStorage(
  template: PromptTemplate,
  limits: { readonly answerTokens: number; readonly temperature: number },
): RecordStorage<RecallItem, RecallAnswer> {
  return {
    fingerprint: ({ recall, seed }) => fingerprint(['recall', template.chat, recall.prompt, seed, limits.answerTokens, limits.temperature]),
    toJson: ({ conversation, error, ...rest }) => ({
      ...rest,
      ...(conversation ? { conversation: conversationToJson(conversation) } : {}),
      ...(error ? { error: error.message } : {}),
    }),
    fromJson(json) {
      const { conversation, ...rest } = json as Omit<RecallAnswer, 'conversation'> & { conversation?: ConversationJson };
      return { ...rest, ...(conversation ? { conversation: conversationFromJson(conversation) } : {}) };
    },
    isFinished: ({ end }) => !isFailedEnd(end),
  };
}
