import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3GenerateResult, LanguageModelV3Prompt } from '@ai-sdk/provider';
import type { Completion, Failure, Indexed, Model, Prompt, Request, SamplingOptions } from '@memtrain/policy';
import { checkIntegers } from '../check-options.ts';
import { AgentError, asError } from '../errors.ts';

export interface AiSdkModelOptions {
  /** Most requests in flight. Default 16. */
  readonly concurrency?: number;
  /** Times a call is made again after an error that its provider calls retryable; the pause doubles from half a second. Default 4. */
  readonly retries?: number;
  /** Passed on with every call, e.g. `{ openai: { reasoningEffort: 'low' } }`. */
  readonly providerOptions?: NonNullable<LanguageModelV3CallOptions['providerOptions']>;
}

/**
 * A language model of the AI SDK (any provider's) as a `Model`. It shows no token ids, so it can read and answer, and not be trained.
 * Reasoning parts are left out of the text. Seeds are sent modulo 2^31. Throws `AgentError` (`bad-options`).
 */
export function aiSdkModel(languageModel: LanguageModelV3, options: AiSdkModelOptions = {}): Model {
  const { concurrency = 16, retries = 4 } = options;
  checkIntegers({ concurrency }, 1);
  checkIntegers({ retries }, 0);
  const answer = async (request: Request, sampling: SamplingOptions): Promise<Completion | Failure> => {
    try {
      const call = callOptions(request, sampling, options.providerOptions);
      return completionOf(await withRetries(() => languageModel.doGenerate(call), { retries, signal: sampling.signal }));
    } catch (error) {
      return { error: asError(error) };
    }
  };
  return {
    async *complete(requests, sampling) {
      const ended = new AbortController();
      const signal = sampling.signal ? AbortSignal.any([sampling.signal, ended.signal]) : ended.signal;
      const running = new Map<number, Promise<Indexed<Completion | Failure>>>();
      try {
        for (let next = 0; next < requests.length || running.size > 0;) {
          for (; next < requests.length && running.size < concurrency; next++) {
            const index = next;
            running.set(
              index,
              answer(requests[index]!, { ...sampling, signal }).then((result) => ({ ...result, index })),
            );
          }
          const result = await Promise.race(running.values());
          running.delete(result.index);
          yield result;
        }
      } finally {
        // Whoever stops reading early wants no more answers.
        ended.abort();
      }
    },
  };
}

function callOptions(
  request: Request,
  sampling: SamplingOptions,
  providerOptions: AiSdkModelOptions['providerOptions'],
): LanguageModelV3CallOptions {
  const { temperature = 1, topK = 0, topP = 1, stop = [], maxTokens } = { ...sampling, ...defined(request) };
  return {
    prompt: promptOf(request.prompt),
    maxOutputTokens: maxTokens,
    temperature,
    // Providers disagree about negative seeds and about those beyond 31 bits.
    seed: request.seed & 0x7fffffff,
    ...(topK > 0 ? { topK } : {}),
    ...(topP < 1 ? { topP } : {}),
    ...(stop.length > 0 ? { stopSequences: [...stop] } : {}),
    ...(sampling.signal ? { abortSignal: sampling.signal } : {}),
    ...(providerOptions ? { providerOptions } : {}),
  };
}

const defined = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<T>;

function promptOf(prompt: Prompt): LanguageModelV3Prompt {
  if (prompt instanceof Int32Array) {
    throw new AgentError('bad-options', 'a language model of the AI SDK takes no token ids: use a chat or text prompt');
  }
  if (typeof prompt === 'string') return [{ role: 'user', content: [{ type: 'text', text: prompt }] }];
  return prompt.map(({ role, content }) =>
    role === 'system' ? { role, content } : { role, content: [{ type: 'text' as const, text: content }] },
  );
}

function completionOf({ content, finishReason }: LanguageModelV3GenerateResult): Completion | Failure {
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const { unified } = finishReason;
  if (unified === 'stop' || unified === 'length') return { text, finish: unified };
  // Some providers name no reason: what they said still counts.
  if (unified === 'other' && text !== '') return { text, finish: 'stop' };
  return {
    error: new AgentError('model-failed', `the model stopped for the reason "${unified}" (${finishReason.raw ?? 'no further reason'})`),
  };
}

async function withRetries<T>(
  call: () => PromiseLike<T>,
  { retries, signal }: { readonly retries: number; readonly signal: AbortSignal | undefined },
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const retryable = (error as { isRetryable?: unknown } | null)?.isRetryable === true;
      if (!retryable || attempt >= retries || signal?.aborted) throw error;
      await pause(500 * 2 ** attempt, signal);
    }
  }
}

/** Ends early when aborted; the next try then finds out by itself. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done, { once: true });
  });
}
