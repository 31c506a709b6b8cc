import { conversationFromJson, conversationToJson } from '../schedule/conversation-json.ts';
import type { ConversationJson } from '../schedule/conversation-json.ts';
import { fingerprint } from '../schedule/fingerprint.ts';
import type { ReadingStyle } from './reading-style.ts';
import type { RecordStorage } from '../schedule/run-stored.ts';
import { isFailedEnd } from './trajectory.ts';
import type { ReadItem, Trajectory } from './trajectory.ts';

/** How readings are kept: all but the document itself, of which the fingerprint vouches. */
export function readingStorage(style: ReadingStyle, temperature: number): RecordStorage<ReadItem, Trajectory> {
  const { template, parser, memoryTokens, answerTokens, truncatedMemory, emptyMemory } = style;
  const probe = { problem: 'problem', memory: 'memory', chunk: 'chunk' };
  const wording = [template.name, template.chat, template.emptyMemory, template.update(probe), template.answer(probe)];
  const rules = [parser, memoryTokens, answerTokens, truncatedMemory, emptyMemory, temperature];
  return {
    fingerprint: ({ problem, seed, chunks }) => fingerprint(['read', wording, rules, problem, seed, chunks]),
    toJson: ({ id: _id, item: _item, conversations, error, ...rest }) => ({
      ...rest,
      conversations: conversations.map(conversationToJson),
      ...(error ? { error: error.message } : {}),
    }),
    fromJson(json, item) {
      const { conversations, ...rest } = json as Omit<Trajectory, 'id' | 'item' | 'conversations'> & { conversations: ConversationJson[] };
      return { id: item.id, item, ...rest, conversations: conversations.map(conversationFromJson) };
    },
    isFinished: ({ end }) => !isFailedEnd(end),
  };
}
