import type { Conversation, Finish } from '../conversation.ts';
import { PolicyError } from '../errors.ts';
import type { Completion } from '../model.ts';
import type { RequestShape } from './request-body.ts';

/**
 * The completion inside a parsed response. Throws `PolicyError`: `bad-response` when the response is not what the API promises,
 * `no-token-ids` when a conversation is wanted and the ids or log-probabilities are not there.
 */
export function readCompletion(response: unknown, promptIds: Int32Array | undefined, shape: RequestShape): Completion {
  const choices = fieldOf(response, 'choices');
  if (!Array.isArray(choices) || choices.length !== 1) throw badResponse('it has no list "choices" with one entry');
  const choice: unknown = choices[0];
  const finish = finishOf(fieldOf(choice, 'finish_reason'));
  const text = textOf(choice, shape.api);
  if (!shape.tokenIds) return { text, finish };
  const shownPrompt = fieldOf(choice, 'prompt_token_ids') ?? fieldOf(response, 'prompt_token_ids');
  const prompt = promptOf(shownPrompt, promptIds);
  const { completion, logprobs } = completionOf(choice);
  if (shape.dialect.hidesTokens) requireAllTokens(completion, fieldOf(fieldOf(response, 'usage'), 'completion_tokens'));
  return { text, finish, conversation: { prompt, completion, logprobs, finish } };
}

/** A field of a parsed response, undefined also where there is no object. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** A log-probability as a server sent it. A missing, null or positive one is an error: taken for 0 it would say "certain". */
export function logprobOf(value: unknown, place: string): number {
  // Rounding on the server's side may leave a certain token a hair above 0.
  if (typeof value === 'number' && Number.isFinite(value) && value < 1e-3) return Math.min(value, 0);
  throw badResponse(`the log-probability of ${place} is ${JSON.stringify(value) ?? 'missing'}`);
}

export function badResponse(what: string): PolicyError {
  return new PolicyError('bad-response', `the endpoint's answer is unusable: ${what}. Is it an OpenAI-compatible server?`);
}

function textOf(choice: unknown, api: RequestShape['api']): string {
  const text = api === 'completions' ? fieldOf(choice, 'text') : (fieldOf(fieldOf(choice, 'message'), 'content') ?? undefined);
  if (typeof text === 'string') return text;
  // A chat server that split off the reasoning of a reply without an answer says null.
  if (api === 'chat' && text === undefined && fieldOf(fieldOf(choice, 'message'), 'content') === null) return '';
  throw badResponse(`the choice has no ${api === 'chat' ? 'message.content' : 'text'}`);
}

function finishOf(reason: unknown): Finish {
  if (reason === 'stop' || reason === 'length') return reason;
  throw badResponse(`finish_reason is ${JSON.stringify(reason) ?? 'missing'}, neither "stop" nor "length"`);
}

function promptOf(shown: unknown, sent: Int32Array | undefined): Int32Array {
  if (shown === undefined || shown === null) {
    if (sent) return sent;
    throw noTokenIds('of the prompt');
  }
  const prompt = idsOf(shown, 'prompt_token_ids');
  if (sent && (sent.length !== prompt.length || sent.some((id, place) => id !== prompt[place]))) {
    throw badResponse(`the server worked on another prompt (${prompt.length} tokens) than the one sent (${sent.length} tokens)`);
  }
  return prompt;
}

function completionOf(choice: unknown): Pick<Conversation, 'completion' | 'logprobs'> {
  const given = fieldOf(choice, 'logprobs');
  // Chat form: a list of { token, logprob }. Completions form: parallel lists. llama.cpp uses the first for both.
  const content = fieldOf(given, 'content');
  const entries = Array.isArray(content) ? (content as unknown[]) : undefined;
  const shownLogprobs: unknown = entries ? entries.map((entry) => fieldOf(entry, 'logprob')) : fieldOf(given, 'token_logprobs');
  const shownIds: unknown = fieldOf(choice, 'token_ids') ?? entries?.map((entry) => fieldOf(entry, 'id'));
  if (!Array.isArray(shownIds) || (shownIds.length > 0 && shownIds.every((id) => id === undefined))) throw noTokenIds('of the completion');
  if (!Array.isArray(shownLogprobs)) {
    throw new PolicyError(
      'no-token-ids',
      'training needs log-probabilities, but the endpoint gave none: see the server option of openAiModel',
    );
  }
  const completion = idsOf(shownIds, 'token_ids');
  if (completion.length !== shownLogprobs.length) {
    throw badResponse(`it has ${completion.length} token ids, but ${shownLogprobs.length} log-probabilities`);
  }
  return { completion, logprobs: Float32Array.from(shownLogprobs, (value, place) => logprobOf(value, `token ${place}`)) };
}

/** Throws `no-token-ids` unless the completion has as many tokens as the server counted: with a gap in it nothing can be trained. */
function requireAllTokens(completion: Int32Array, counted: unknown): void {
  if (completion.length === counted) return;
  throw new PolicyError(
    'no-token-ids',
    `the server sampled ${JSON.stringify(counted) ?? 'an unknown number of'} tokens, but shows ${completion.length} of them: llama.cpp leaves ` +
      'out tokens that end inside a character, and those of a stop text. To train on such texts sample with another server; set tokenIds ' +
      'to false to get text only',
  );
}

function idsOf(shown: unknown, name: string): Int32Array {
  if (Array.isArray(shown) && shown.every((id) => Number.isInteger(id) && id >= 0 && id <= 0x7fffffff)) return Int32Array.from(shown);
  throw badResponse(`${name} is not a list of token ids`);
}

function noTokenIds(which: string): PolicyError {
  return new PolicyError(
    'no-token-ids',
    `training needs token ids, but the endpoint gave none ${which}: use vLLM (0.10.2 or later), SGLang, llama.cpp's server or memtrain ` +
      'serve-model and name it in the server option, or set tokenIds to false to get text only',
  );
}
