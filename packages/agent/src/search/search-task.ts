import { deriveSeed } from '@memtrain/policy';
import type { Completion, Conversation, Failure, Request } from '@memtrain/policy';
import { promptOf } from '../schedule/complete-all.ts';
import { asError } from '../errors.ts';
import type { Retriever } from './retriever.ts';
import type { SearchReply } from './search-reply.ts';
import type { SearchTemplate } from './search-template.ts';
import type { SearchEnd, SearchItem, SearchTrajectory, SearchTurn } from './search-trajectory.ts';
import type { TokenCutter } from '../read/token-cutter.ts';
import { isCancelled } from '../schedule/trajectory-task.ts';
import type { TrajectoryTask } from '../schedule/trajectory-task.ts';

/** Everything about a search but the question. */
export interface SearchStyle {
  readonly template: SearchTemplate;
  readonly retriever: Retriever;
  readonly turns: number;
  readonly responseTokens: number;
  readonly resultTokens: number;
  readonly topK: number;
  readonly invalidAction: 'end' | 'correct';
  readonly stopAtAction: boolean;
  readonly cutter: TokenCutter;
  readonly signal: AbortSignal | undefined;
}

/** A search as a task of the scheduler: at most `turns` steps. */
export function searchTask(item: SearchItem, style: SearchStyle): TrajectoryTask<SearchTrajectory> {
  return { id: item.id, steps: style.turns, run: () => searchProgram(item, style) };
}

/** The dialogue of a search. */
export async function* searchProgram(
  item: SearchItem,
  style: SearchStyle,
): AsyncGenerator<Request, SearchTrajectory, Completion | Failure> {
  const turns: SearchTurn[] = [];
  const conversations: Conversation[] = [];
  const close = (end: SearchEnd, rest: { answer?: string; error?: Error } = {}): SearchTrajectory => {
    return { id: item.id, item, turns, conversations, end, ...rest };
  };
  try {
    let last: { reply: string; information: string } | undefined;
    for (let turn = 0; turn < style.turns; turn++) {
      const result = yield turnRequest(item, style, { turn, last });
      if ('error' in result) return close(isCancelled(result) ? 'cancelled' : 'model-error', { error: result.error });
      if (result.conversation) conversations.push(result.conversation);
      const reply = style.template.parse(result.text, result.finish);
      const { action, state } = reply;
      const base = { reply: reply.text, ...(state === undefined ? {} : { state }) };
      if (action.kind === 'answer') {
        turns.push(base);
        return close('answered', { answer: action.answer });
      }
      const query = action.kind === 'search' ? { query: action.query } : {};
      if (action.kind === 'invalid' && (style.invalidAction === 'end' || result.finish === 'length')) {
        turns.push(base);
        return close(result.finish === 'length' ? 'length' : 'no-answer');
      }
      if (turn === style.turns - 1) {
        turns.push({ ...base, ...query });
        return close('turns');
      }
      const found = await lookUp(reply, style);
      if ('error' in found) {
        turns.push({ ...base, ...query });
        return close(style.signal?.aborted ? 'cancelled' : 'retriever-error', found);
      }
      const information = style.template.information({ found: found.text, turnsLeft: style.turns - turn - 1 });
      turns.push({ ...base, ...query, information });
      last = { reply: reply.text, information };
    }
    return close('turns');
  } catch (error) {
    return close('template-error', { error: asError(error) });
  }
}

/** The request of a turn (0-based). */
function turnRequest(
  item: SearchItem,
  style: SearchStyle,
  at: { readonly turn: number; readonly last: { readonly reply: string; readonly information: string } | undefined },
): Request {
  const { template, turns, responseTokens, stopAtAction } = style;
  const text = template.prompt({ question: item.question, turns, ...(at.last ? { last: at.last } : {}) });
  return {
    prompt: promptOf(template, text),
    seed: deriveSeed(item.seed, 'turn', at.turn),
    maxTokens: responseTokens,
    ...(stopAtAction ? { stop: template.stop } : {}),
  };
}

/** What the next turn is shown: the results, cut to their budget, or a correction. */
async function lookUp(reply: SearchReply, style: SearchStyle): Promise<{ readonly text: string } | { readonly error: Error }> {
  const { template, retriever, topK, signal, cutter, resultTokens } = style;
  if (reply.action.kind !== 'search') return { text: template.correction };
  let text: string;
  try {
    const passages = await retriever(reply.action.query, { topK, ...(signal ? { signal } : {}) });
    text = template.results(passages.slice(0, topK));
  } catch (error) {
    return { error: asError(error) };
  }
  return { text: cutter.cut(text, resultTokens)[0] ?? '' };
}
