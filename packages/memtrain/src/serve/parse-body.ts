import { z } from 'zod';
import { ApiError } from './api-error.ts';

const tokenId = z.int().min(0);
const content = z.union([z.string(), z.array(z.object({ type: z.literal('text'), text: z.string() }))]);

/** Sampling fields of both endpoints; null is the same as left out. */
const sampling = {
  model: z.string(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  temperature: z.number().min(0).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  /** 0 and -1: all. */
  top_k: z.int().min(-1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  n: z.int().min(1).max(256).nullish(),
  return_token_ids: z.boolean().nullish(),
  prompt_logprobs: z.int().min(0).max(1).nullish(),
  // What would change the answer and is not supported must be off.
  stream: z.literal(false, 'this server does not stream: leave it out').nullish(),
  echo: z.literal(false, 'this server does not echo: use prompt_logprobs').nullish(),
  min_p: z.literal(0, 'only 0 is supported').nullish(),
  repetition_penalty: z.literal(1, 'only 1 is supported').nullish(),
  presence_penalty: z.literal(0, 'only 0 is supported').nullish(),
  frequency_penalty: z.literal(0, 'only 0 is supported').nullish(),
  best_of: z.literal(1, 'only 1 is supported').nullish(),
  suffix: z.null('is not supported').optional(),
  tools: z.array(z.never(), 'tools are not supported').nullish(),
  response_format: z.object({ type: z.literal('text', 'only text is supported') }).nullish(),
  logit_bias: z.record(z.string(), z.never('is not supported')).nullish(),
};

const completionsSchema = z.object({
  ...sampling,
  prompt: z.union([z.string(), z.array(z.string()).min(1), z.array(tokenId).min(1), z.array(z.array(tokenId).min(1)).min(1)], {
    error: 'give text, a list of token ids, or a list of either',
  }),
  logprobs: z.int().min(0).max(20).nullish(),
});

const chatSchema = z.object({
  ...sampling,
  messages: z.array(z.object({ role: z.enum(['system', 'developer', 'user', 'assistant']), content })).min(1),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
});

export type CompletionsBody = z.output<typeof completionsSchema>;
export type ChatBody = z.output<typeof chatSchema>;

/** A body of `/v1/completions`. Throws `ApiError` (400) that names the field. */
export function parseCompletionsBody(value: unknown): CompletionsBody {
  return parse(completionsSchema, value);
}

/** A body of `/v1/chat/completions`. Throws `ApiError` (400) that names the field. */
export function parseChatBody(value: unknown): ChatBody {
  return parse(chatSchema, value);
}

function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const param = path.join('.');
  throw new ApiError(400, param === '' ? `the body must be a JSON object: ${message}` : `${param}: ${message}`, { param });
}
