import type { Completion, Conversation, Failure, Model, Request } from '@memtrain/policy';
import { answer, conversationOf } from './answer.ts';
import { ApiError } from './api-error.ts';
import { createBatcher } from './batcher.ts';
import type { Exclusive } from './batcher.ts';
import type { Plan } from './plan.ts';

export interface CompleterOptions {
  /** Name of the model in the responses. */
  readonly name: string;
  readonly batchRows: number;
  readonly queueRows: number;
  readonly now: () => number;
  /** One thing at a time: an engine's sessions and buffers are shared. */
  readonly exclusive: Exclusive;
  /** Aborted when the server stops. */
  readonly stopped: AbortSignal;
}

/**
 * Answers plans, those of all requests together. The returned function throws `ApiError` for what the model cannot do and for a full
 * queue, and whatever the model failed with.
 */
export function createCompleter(model: Model, options: CompleterOptions): (plan: Plan, signal: AbortSignal) => Promise<object> {
  const { name, batchRows: most, queueRows, now, exclusive, stopped } = options;
  const completions = createBatcher<Request & { readonly maxTokens: number }, Completion | Failure>(
    async function* run(requests) {
      const maxTokens = Math.max(...requests.map((request) => request.maxTokens));
      for await (const result of model.complete(requests, { maxTokens, signal: stopped })) yield { index: result.index, result };
    },
    { most, exclusive },
  );
  const scores = createBatcher<Pick<Conversation, 'prompt' | 'completion'>, Float32Array>(
    async function* run(conversations) {
      const scored = await model.logprobs!(conversations, { signal: stopped });
      for (const [index, result] of scored.entries()) yield { index, result };
    },
    { most, exclusive },
  );
  const scorePrompt = (completion: Completion, signal: AbortSignal): Promise<Float32Array> => {
    const { prompt } = conversationOf(completion);
    return scores.add({ prompt: prompt.subarray(0, 1), completion: prompt.subarray(1) }, signal);
  };
  let ids = 0;

  return async (plan, signal) => {
    const waiting = completions.waiting();
    if (waiting + plan.requests.length > queueRows) {
      throw new ApiError(429, `${waiting} completions are waiting already: try again later`, { headers: { 'retry-after': '1' } });
    }
    if (plan.wantsPromptLogprobs && !model.logprobs) {
      throw new ApiError(400, 'this model cannot score a prompt: leave out prompt_logprobs', { param: 'prompt_logprobs' });
    }
    const results = await Promise.all(plan.requests.map((request) => completions.add(request, signal)));
    const made = results.map((result) => {
      if ('error' in result) throw result.error;
      return result;
    });
    const promptLogprobs = plan.wantsPromptLogprobs ? await Promise.all(made.map((each) => scorePrompt(each, signal))) : undefined;
    const id = `${plan.kind === 'chat' ? 'chatcmpl' : 'cmpl'}-${ids++}`;
    return answer(made, { plan, id, created: Math.floor(now() / 1000), model: name, tokenizer: model.tokenizer, promptLogprobs });
  };
}
