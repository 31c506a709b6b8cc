import { deriveSeed } from '@memtrain/policy';
import type { Message, Prompt, Request } from '@memtrain/policy';
import { ApiError } from './api-error.ts';
import type { ChatBody, CompletionsBody } from './parse-body.ts';

/** Most completions that one request may ask for: prompts times `n`. */
const MOST_CHOICES = 256;

/** What a request asks the model for; the choices' places are those of the requests. */
export interface Plan {
  readonly kind: 'chat' | 'completions';
  readonly requests: readonly (Request & { readonly maxTokens: number })[];
  readonly wantsIds: boolean;
  readonly wantsLogprobs: boolean;
  readonly wantsPromptLogprobs: boolean;
}

export interface PlanOptions {
  /** Token ids must be below this, when it is known. */
  readonly vocabularySize: number | undefined;
  /** Seed for a request without one. */
  readonly freshSeed: () => number;
}

/** Plan of a completions body. Throws `ApiError` (400). */
export function planCompletions(body: CompletionsBody, options: PlanOptions): Plan {
  const { prompt } = body;
  const several = Array.isArray(prompt) && typeof prompt[0] !== 'number';
  const prompts = (several ? prompt : [prompt]) as readonly (string | number[])[];
  const wantsLogprobs = typeof body.logprobs === 'number';
  return {
    kind: 'completions',
    ...common(
      body,
      prompts.map((each) => promptOf(each, options.vocabularySize)),
      options,
    ),
    wantsLogprobs,
  };
}

/** Plan of a chat body. Throws `ApiError` (400). */
export function planChat(body: ChatBody, options: PlanOptions): Plan {
  const messages = body.messages.map(({ role, content }): Message => ({
    role: role === 'developer' ? 'system' : role,
    content: typeof content === 'string' ? content : content.map(({ text }) => text).join(''),
  }));
  return { kind: 'chat', ...common(body, [messages], options), wantsLogprobs: body.logprobs === true };
}

function common(body: CompletionsBody | ChatBody, prompts: readonly Prompt[], options: PlanOptions): Omit<Plan, 'kind' | 'wantsLogprobs'> {
  const count = body.n ?? 1;
  if (prompts.length * count > MOST_CHOICES) {
    throw new ApiError(400, `${prompts.length} prompts times n = ${count} is above ${MOST_CHOICES}: send several requests`, { param: 'n' });
  }
  const stop = typeof body.stop === 'string' ? [body.stop] : (body.stop ?? []);
  if (stop.includes('')) throw new ApiError(400, 'stop: an empty text stops everything', { param: 'stop' });
  const seed = body.seed ?? options.freshSeed();
  const sampling = {
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? 16,
    temperature: body.temperature ?? 1,
    topK: Math.max(body.top_k ?? 0, 0),
    topP: body.top_p ?? 1,
    stop,
  };
  const requests = prompts.flatMap((prompt, place) =>
    // The first choice has the very seed that was sent, so that it can be compared with the model asked directly.
    Array.from({ length: count }, (_, n) => ({ prompt, seed: place + n === 0 ? seed : deriveSeed(seed, place, n), ...sampling })),
  );
  return { requests, wantsIds: body.return_token_ids === true, wantsPromptLogprobs: typeof body.prompt_logprobs === 'number' };
}

function promptOf(prompt: string | number[], vocabularySize: number | undefined): string | Int32Array {
  if (typeof prompt === 'string') return prompt;
  const wrong = prompt.find((id) => id >= (vocabularySize ?? 2 ** 31));
  if (wrong !== undefined) {
    throw new ApiError(400, `prompt: token id ${wrong} is not in the vocabulary of ${vocabularySize ?? 2 ** 31} tokens`, {
      param: 'prompt',
    });
  }
  return Int32Array.from(prompt);
}
