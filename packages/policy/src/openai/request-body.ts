import { PolicyError } from '../errors.ts';
import type { Prompt, Request } from '../model.ts';
import { encodePrompt } from '../prompt.ts';
import type { Sampling } from '../sampling.ts';
import type { Tokenizer } from '../tokenizer.ts';
import type { ServerDialect } from './servers.ts';

/** What stays the same from request to request. */
export interface RequestShape {
  readonly model: string;
  readonly api: 'chat' | 'completions';
  readonly dialect: ServerDialect;
  readonly tokenizer: Tokenizer | undefined;
  /** Whether conversations are wanted, with ids and log-probabilities. */
  readonly tokenIds: boolean;
  readonly tokenLimitField: 'max_tokens' | 'max_completion_tokens';
  /** Fields over all others; undefined takes a field out. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** A request as JSON, and the prompt's ids where they were sent. */
export interface RequestBody {
  readonly body: Readonly<Record<string, unknown>>;
  readonly promptIds: Int32Array | undefined;
}

/** Body of one completion. Throws `PolicyError` for a prompt that the API cannot take, or that the tokenizer cannot encode. */
export function requestBody(request: Request, sampling: Sampling, shape: RequestShape): RequestBody {
  const { model, api, dialect, tokenIds, tokenLimitField, extra } = shape;
  const { maxTokens, temperature, topK, topP, stop } = sampling;
  const prompt = api === 'chat' ? undefined : completionsPrompt(request.prompt, shape.tokenizer);
  const body = {
    model,
    ...(prompt === undefined ? { messages: chatMessages(request.prompt) } : { prompt: typeof prompt === 'string' ? prompt : [...prompt] }),
    [tokenLimitField]: maxTokens,
    temperature,
    top_p: topP,
    // Servers disagree about negative seeds and about those beyond 31 bits.
    seed: request.seed & 0x7fffffff,
    ...(stop.length > 0 && { stop }),
    ...dialect.sampling(topK),
    ...(tokenIds && { ...dialect.tokenIds, ...(api === 'chat' ? { logprobs: true, top_logprobs: 1 } : { logprobs: 1 }) }),
    ...extra,
  };
  return { body, promptIds: prompt instanceof Int32Array ? prompt : undefined };
}

function chatMessages(prompt: Prompt): readonly object[] {
  if (prompt instanceof Int32Array) {
    throw new PolicyError('bad-options', 'a chat endpoint takes messages, not token ids: pass messages, or set api to "completions"');
  }
  return typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;
}

function completionsPrompt(prompt: Prompt, tokenizer: Tokenizer | undefined): string | Int32Array {
  if (tokenizer) return encodePrompt(prompt, tokenizer);
  if (typeof prompt === 'string' || prompt instanceof Int32Array) return prompt;
  throw new PolicyError(
    'no-chat-template',
    'a chat prompt on a completions endpoint needs the tokenizer, whose template renders it: pass it, or set api to "chat"',
  );
}
