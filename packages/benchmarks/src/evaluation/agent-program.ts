import { countPromptTokens } from '@memtrain/policy';
import type { Completion, Failure, Indexed, Model, Prompt, Request, SamplingOptions, Tokenizer } from '@memtrain/policy';

/** What an agent's calls took. */
export interface Usage {
  readonly calls: number;
  readonly failedCalls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Tokens of the largest prompt and its completion. */
  readonly peakContext: number;
  /** False where the model showed no token ids, so that tokens are estimated from characters. */
  readonly exactTokens: boolean;
  /** From the first request to the last result, waiting for a place included. */
  readonly seconds: number;
}

type Counted = { -readonly [K in keyof Omit<Usage, 'seconds'>]: Usage[K] };

interface Waiting {
  readonly request: Request;
  readonly settle: (result: Completion | Failure) => void;
}

/**
 * An agent, which asks a model where it likes, as a trajectory of the scheduler: its requests are yielded one by one, and the scheduler
 * shares the real model among all agents. Gives what the agent gave or threw, and what its calls took.
 */
export async function* agentProgram<T>(
  tokenizer: Tokenizer | undefined,
  work: (model: Model) => Promise<T>,
): AsyncGenerator<
  Request,
  { readonly outcome: { readonly value: T } | { readonly error: unknown }; readonly usage: Usage },
  Completion | Failure
> {
  const waiting: Waiting[] = [];
  let wake = (): void => undefined;
  const model: Model = {
    ...(tokenizer ? { tokenizer } : {}),
    async *complete(requests, sampling): AsyncGenerator<Indexed<Completion | Failure>> {
      for (const [index, request] of requests.entries()) {
        const result = await new Promise<Completion | Failure>((settle) => {
          waiting.push({ request: withSampling(request, sampling), settle });
          wake();
        });
        yield { ...result, index };
      }
    },
  };
  let ended: { readonly value: T } | { readonly error: unknown } | undefined;
  const finish = (outcome: typeof ended): void => {
    ended = outcome;
    wake();
  };
  work(model).then(
    (value) => finish({ value }),
    (error: unknown) => finish({ error }),
  );
  const estimate = tokenEstimate(tokenizer);
  const counted: Counted = { calls: 0, failedCalls: 0, promptTokens: 0, completionTokens: 0, peakContext: 0, exactTokens: true };
  const start = performance.now();
  for (;;) {
    const next = waiting.shift();
    if (next) {
      const result = yield next.request;
      count(counted, next.request, result, estimate);
      next.settle(result);
    } else if (ended) {
      return { outcome: ended, usage: { ...counted, seconds: (performance.now() - start) / 1000 } };
    } else {
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
}

/** The request with what was asked for its whole call. */
function withSampling(request: Request, { maxTokens, temperature, topK, topP, stop }: SamplingOptions): Request {
  const call = { temperature, topK, topP, stop };
  return { maxTokens, ...Object.fromEntries(Object.entries(call).filter(([, value]) => value !== undefined)), ...request };
}

function count(counted: Counted, request: Request, result: Completion | Failure, estimate: TokenEstimate): void {
  counted.calls++;
  if ('error' in result) {
    counted.failedCalls++;
    return;
  }
  const { conversation } = result;
  if (!conversation) counted.exactTokens = false;
  const prompt = conversation?.prompt.length ?? estimate(request.prompt);
  const completion = conversation?.completion.length ?? estimate(result.text);
  counted.promptTokens += prompt;
  counted.completionTokens += completion;
  counted.peakContext = Math.max(counted.peakContext, prompt + completion);
}

type TokenEstimate = (prompt: Prompt) => number;

/**
 * Tokens by characters: in the proportion of the first prompt, which a tokenizer counts, or else four characters each. To count every
 * prompt would take more time than everything else here.
 */
function tokenEstimate(tokenizer: Tokenizer | undefined): TokenEstimate {
  let tokensPerCharacter = tokenizer ? undefined : 0.25;
  return (prompt) => {
    if (prompt instanceof Int32Array) return prompt.length;
    const characters = typeof prompt === 'string' ? prompt.length : prompt.reduce((sum, { content }) => sum + content.length, 0);
    tokensPerCharacter ??= countPromptTokens(prompt, tokenizer!) / Math.max(1, characters);
    return Math.ceil(characters * tokensPerCharacter);
  };
}
