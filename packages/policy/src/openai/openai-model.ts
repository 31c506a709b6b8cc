import type OpenAI from 'openai';
import type { Conversation } from '../conversation.ts';
import { PolicyError } from '../errors.ts';
import type { Completion, Failure, Indexed, Model, Request, SamplingOptions } from '../model.ts';
import { resolveSampling } from '../sampling.ts';
import type { Sampling } from '../sampling.ts';
import type { Tokenizer } from '../tokenizer.ts';
import { connect } from './client.ts';
import type { ApiKeySource } from './client.ts';
import { failureOf } from './failure.ts';
import { readCompletion } from './read-completion.ts';
import { requestBody } from './request-body.ts';
import type { RequestShape } from './request-body.ts';
import { pause, retryWait } from './retry.ts';
import { readScore, scoreBody } from './score.ts';
import { serverDialects } from './servers.ts';
import type { LogprobsKind, OpenAiServer } from './servers.ts';
import { asTheyArrive, createSlots } from './slots.ts';

export interface OpenAiModelOptions {
  /** Name of the model at the endpoint. */
  readonly model: string;
  /** Address that ends before `/chat/completions`, e.g. `http://127.0.0.1:8000/v1`. Default: `OPENAI_BASE_URL`, or else OpenAI's. */
  readonly baseUrl?: string;
  /**
   * Default: the variable `OPENAI_API_KEY` when `baseUrl` is left out, no key at all when it is given: a key goes only to an address that
   * it was meant for.
   */
  readonly apiKey?: ApiKeySource;
  /** A client of the `openai` package to use instead, with its own address, key and settings. */
  readonly client?: OpenAI;
  /** Software behind the endpoint. Default `openai`: only standard fields are sent, and token ids cannot be had. */
  readonly server?: OpenAiServer;
  /** Renders and encodes prompts here, where the endpoint takes token ids. */
  readonly tokenizer?: Tokenizer;
  /** Default `completions` with a tokenizer and a server that shows token ids, else `chat`, where the server's own template renders. */
  readonly api?: 'chat' | 'completions';
  /**
   * Completions come with a `conversation` (token ids and log-probabilities), which training needs; one that does not is a failure
   * (`no-token-ids`). Default: true with a tokenizer and a server that shows token ids. False: text only.
   */
  readonly tokenIds?: boolean;
  /**
   * What the server's log-probabilities are taken of. Default: what it does unless started otherwise (vLLM: `plain`, or `sampled` under
   * `--logprobs-mode processed_logprobs`). Sampling whose own log-probabilities they are not is refused while `tokenIds` is set.
   */
  readonly logprobs?: LogprobsKind;
  /** Most requests in flight, over all calls of this model. Default 64. */
  readonly concurrency?: number;
  /** Longest wait for a whole answer, a try. Default 300,000. */
  readonly timeoutMs?: number;
  /** Tries beyond the first after 408, 409, 429, 5xx, a lost connection or a timeout. Default 4. */
  readonly maxRetries?: number;
  /** Name of the token limit's field. Default `max_tokens`; newer hosted models want the other. */
  readonly tokenLimitField?: 'max_tokens' | 'max_completion_tokens';
  /** Fields put over every request's body; `undefined` takes one out, e.g. `{ temperature: undefined }`. */
  readonly body?: Readonly<Record<string, unknown>>;
}

/**
 * A model behind an OpenAI-compatible endpoint: vLLM, SGLang, llama.cpp's server, Ollama, a hosted API, or `memtrain serve-model`.
 * A request that fails after its retries is a `Failure` with a `PolicyError`: `request-failed`, `timeout`, `bad-response`,
 * `no-token-ids`, `no-api-key`. No key ever stands in an error. Seeds are sent modulo 2^31.
 * `complete` throws `bad-options` for settings out of range, and the signal's reason when it is aborted.
 * `logprobs` is there when the server can score given tokens (vLLM, SGLang, memtrain); it throws the first failure.
 *
 * Throws `PolicyError`: `bad-options`, or `no-api-key` when the environment variable is not set.
 */
export function openAiModel(options: OpenAiModelOptions): Model {
  const { tokenizer, concurrency = 64 } = options;
  const shape = shapeOf(options);
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new PolicyError('bad-options', `concurrency is ${concurrency}: give a whole number of at least 1`);
  }
  const { client, redact } = connect(options);
  const slots = createSlots(concurrency);
  const logprobs = options.logprobs ?? shape.dialect.logprobs;

  let calls = 0;
  const post = async <T>(path: string, body: object, signal: AbortSignal, read: (response: unknown) => T): Promise<T> => {
    const spread = calls++;
    // A signal of its own: the client leaves a listener on each that it is given, and many requests may wait for their next try.
    const own = AbortSignal.any([signal]);
    for (let attempt = 0; ; attempt++) {
      try {
        // The client's own retries cannot be stopped while they wait.
        return read(await client.post<unknown>(path, { body, signal: AbortSignal.any([own]), maxRetries: 0 }));
      } catch (error) {
        const wait = attempt < client.maxRetries ? retryWait(error, { client, attempt, spread }) : undefined;
        if (wait === undefined || signal.aborted) throw failureOf(error, { client, path, attempts: attempt + 1, redact });
        await pause(wait, own);
      }
    }
  };
  const completionsPath = shape.api === 'chat' ? '/chat/completions' : '/completions';

  const ask = async (request: Request, sampling: Sampling, signal: AbortSignal): Promise<Completion | Failure> => {
    try {
      signal.throwIfAborted();
      const { body, promptIds } = requestBody(request, sampling, shape);
      return await post(completionsPath, body, signal, (response) => readCompletion(response, promptIds, shape));
    } catch (error) {
      return { error: error as Error };
    }
  };

  async function* complete(requests: readonly Request[], sampling: SamplingOptions): AsyncGenerator<Indexed<Completion | Failure>> {
    const resolved = requests.map((request) => resolveSampling(request, sampling));
    if (shape.tokenIds) for (const each of resolved) requireOwnLogprobs(each, logprobs);
    sampling.signal?.throwIfAborted();
    const ended = new AbortController();
    const signal = sampling.signal ? AbortSignal.any([sampling.signal, ended.signal]) : ended.signal;
    try {
      const results = requests.map(async (request, index) => ({ ...(await slots(() => ask(request, resolved[index]!, signal))), index }));
      yield* asTheyArrive(results, sampling.signal);
    } finally {
      // Whoever stops reading early wants no more answers.
      ended.abort();
    }
  }

  const score = async (
    conversations: readonly Pick<Conversation, 'prompt' | 'completion'>[],
    { signal: given }: { readonly signal?: AbortSignal } = {},
  ): Promise<Float32Array[]> => {
    const ended = new AbortController();
    const signal = given ? AbortSignal.any([given, ended.signal]) : ended.signal;
    const scoreOne = async (conversation: Pick<Conversation, 'prompt' | 'completion'>): Promise<Float32Array> => {
      if (conversation.completion.length === 0) return new Float32Array(0);
      signal.throwIfAborted();
      const body = scoreBody(conversation, shape);
      return post('/completions', body, signal, (response) => readScore(response, conversation, shape));
    };
    try {
      return await Promise.all(conversations.map((conversation) => slots(() => scoreOne(conversation))));
    } catch (error) {
      given?.throwIfAborted();
      throw error;
    } finally {
      ended.abort();
    }
  };

  return { ...(tokenizer && { tokenizer }), complete, ...(shape.dialect.scoring && { logprobs: score }) };
}

function shapeOf(options: OpenAiModelOptions): RequestShape {
  const { model, server = 'openai', tokenizer, body: extra = {}, tokenLimitField = 'max_tokens' } = options;
  const dialect = serverDialects[server];
  if (!dialect) throw new PolicyError('bad-options', `server "${server}" is unknown: use one of ${Object.keys(serverDialects).join(', ')}`);
  if (typeof model !== 'string' || model === '') throw new PolicyError('bad-options', 'model is missing: give its name at the endpoint');
  const knowsIds = tokenizer !== undefined && dialect.tokenIds !== undefined;
  const { api = knowsIds ? 'completions' : 'chat', tokenIds = knowsIds } = options;
  if (tokenIds && !dialect.tokenIds) {
    throw new PolicyError(
      'bad-options',
      `tokenIds is set, but server "${server}" never shows token ids: name the server if it is vllm, sglang, llama.cpp or memtrain`,
    );
  }
  return { model, api, dialect, tokenizer, tokenIds, tokenLimitField, extra };
}

/** Throws unless the server's log-probabilities are those of the distribution that is sampled from. */
function requireOwnLogprobs({ temperature, topK, topP }: Sampling, kind: LogprobsKind): void {
  const cut = topK !== 0 || topP !== 1;
  const warm = temperature !== 1 && temperature !== 0;
  if (kind === 'sampled' || (!cut && (kind === 'tempered' || !warm))) return;
  throw new PolicyError(
    'bad-options',
    `temperature ${temperature}, topK ${topK}, topP ${topP}: the server gives ${kind} log-probabilities, not those of this distribution. ` +
      'Sample at temperature 1 without topK and topP, or make the server give them (vLLM: --logprobs-mode processed_logprobs) and set ' +
      'logprobs to "sampled", or set tokenIds to false',
  );
}
