import type { Completion, Conversation, Tokenizer } from '@memtrain/policy';
import { ApiError } from './api-error.ts';
import type { Plan } from './plan.ts';

export interface AnswerOptions {
  readonly plan: Plan;
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly tokenizer: Tokenizer | undefined;
  /** Log-probabilities of each choice's prompt tokens from the second on, when they were asked for. */
  readonly promptLogprobs: readonly Float32Array[] | undefined;
}

/** The response's JSON. Throws `ApiError` (400) when ids or log-probabilities are asked of a model that has none. */
export function answer(completions: readonly Completion[], options: AnswerOptions): object {
  const { plan, id, created, model, promptLogprobs } = options;
  const chat = plan.kind === 'chat';
  const choices = completions.map((completion, index) => {
    const { text, finish } = completion;
    const conversation = plan.wantsIds || plan.wantsLogprobs || promptLogprobs ? conversationOf(completion) : undefined;
    const shown = promptLogprobs?.[index];
    return {
      index,
      ...(chat ? { message: { role: 'assistant', content: text, refusal: null } } : { text }),
      finish_reason: finish,
      logprobs: plan.wantsLogprobs ? (chat ? chatLogprobs : listLogprobs)(conversation!, options.tokenizer) : null,
      ...(plan.wantsIds && { prompt_token_ids: [...conversation!.prompt], token_ids: [...conversation!.completion] }),
      ...(shown && { prompt_logprobs: [null, ...Array.from(shown, (logprob, at) => ({ [conversation!.prompt[at + 1]!]: { logprob } }))] }),
    };
  });
  const count = (part: 'prompt' | 'completion'): number =>
    completions.reduce((sum, { conversation }) => sum + (conversation?.[part].length ?? 0), 0);
  const [prompt_tokens, completion_tokens] = [count('prompt'), count('completion')];
  const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
  return { id, object: chat ? 'chat.completion' : 'text_completion', created, model, choices, usage };
}

/** The conversation of a completion. Throws `ApiError` (400). */
export function conversationOf({ conversation }: Completion): Conversation {
  if (conversation) return conversation;
  throw new ApiError(400, 'this model shows no token ids and log-probabilities: leave out return_token_ids and logprobs');
}

function listLogprobs({ completion, logprobs }: Conversation, tokenizer: Tokenizer | undefined): object {
  const tokens = Array.from(completion, (id) => tokenText(id, tokenizer));
  let end = 0;
  const text_offset = tokens.map((token) => (end += token.length) - token.length);
  return { tokens, token_logprobs: [...logprobs], top_logprobs: null, text_offset };
}

function chatLogprobs({ completion, logprobs }: Conversation, tokenizer: Tokenizer | undefined): object {
  const entry = (id: number, at: number): object => {
    const token = tokenText(id, tokenizer);
    return { token, logprob: logprobs[at], bytes: [...Buffer.from(token)], top_logprobs: [] };
  };
  return { content: Array.from(completion, entry), refusal: null };
}

function tokenText(id: number, tokenizer: Tokenizer | undefined): string {
  return tokenizer?.decode([id]) ?? '';
}
