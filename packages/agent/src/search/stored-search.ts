import { conversationFromJson, conversationToJson } from '../schedule/conversation-json.ts';
import type { ConversationJson } from '../schedule/conversation-json.ts';
import type { RecordStorage } from '../schedule/run-stored.ts';
import type { SearchStyle } from './search-task.ts';
import type { SearchItem, SearchTrajectory } from './search-trajectory.ts';
import { fingerprint } from '../schedule/fingerprint.ts';
import { isFailedEnd } from '../read/trajectory.ts';

/** How searches are kept. What a retriever function finds is not in the fingerprint: change the file with the corpus. */
export function searchStorage(
  style: SearchStyle,
  made: { readonly temperature: number; readonly retriever: string },
): RecordStorage<SearchItem, SearchTrajectory> {
  const { template, turns, responseTokens, resultTokens, topK, invalidAction, stopAtAction } = style;
  const information = template.information({ found: 'found', turnsLeft: 2 });
  const wording = [template.name, template.chat, template.prompt({ question: 'question', turns, last: { reply: 'reply', information } })];
  const rules = [turns, responseTokens, resultTokens, topK, invalidAction, stopAtAction];
  return {
    fingerprint: ({ question, seed }) => fingerprint(['search', wording, rules, made.temperature, made.retriever, question, seed]),
    toJson: ({ id: _id, item: _item, conversations, error, ...rest }) => ({
      ...rest,
      conversations: conversations.map(conversationToJson),
      ...(error ? { error: error.message } : {}),
    }),
    fromJson(json, item) {
      const { conversations, ...rest } = json as Pick<SearchTrajectory, 'turns' | 'end'> & { conversations: ConversationJson[] };
      return { id: item.id, item, ...rest, conversations: conversations.map(conversationFromJson) };
    },
    isFinished: ({ end }) => !isFailedEnd(end) && end !== 'retriever-error',
  };
}
