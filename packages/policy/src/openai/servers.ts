/**
 * Software behind an endpoint; decides which fields beyond OpenAI's own are sent and where token ids are found.
 * `openai` is any endpoint that takes only the standard fields (hosted APIs); `memtrain` is `memtrain serve-model`.
 */
export type OpenAiServer = 'openai' | 'vllm' | 'sglang' | 'llama.cpp' | 'ollama' | 'memtrain';

/**
 * What log-probabilities are taken of: the `plain` distribution, the one at the request's temperature over all tokens (`tempered`), or the
 * very one that was `sampled` from, top-k and top-p included.
 */
export type LogprobsKind = 'plain' | 'tempered' | 'sampled';

/** What a server takes and gives beyond the standard. */
export interface ServerDialect {
  /**
   * Sampling fields that the standard lacks. All are always sent: what is left out, a server takes from its own or the model's defaults
   * (top-k 20 and a repetition penalty for many models), and would sample from another distribution than it was asked for.
   */
  readonly sampling: (topK: number) => Readonly<Record<string, unknown>>;
  /** Fields that ask for token ids; absent when the server never shows them. */
  readonly tokenIds?: Readonly<Record<string, unknown>>;
  /**
   * The server may show fewer tokens than it sampled (llama.cpp leaves out those that end inside a character, and those of a stop text):
   * their number has to be that of its `usage`.
   */
  readonly hidesTokens?: true;
  /** What the server's log-probabilities are taken of, unless it was started otherwise. */
  readonly logprobs: LogprobsKind;
  /** How the log-probabilities of given text are asked for. */
  readonly scoring?: 'prompt_logprobs' | 'echo';
}

const penalties = { repetition_penalty: 1, presence_penalty: 0, frequency_penalty: 0 };
const vllm: ServerDialect = {
  sampling: (topK) => ({ top_k: topK || -1, min_p: 0, ...penalties }),
  tokenIds: { return_token_ids: true },
  logprobs: 'plain',
  scoring: 'prompt_logprobs',
};
const standard: ServerDialect = { sampling: () => ({}), logprobs: 'plain' };

export const serverDialects: Readonly<Record<OpenAiServer, ServerDialect>> = {
  openai: standard,
  ollama: standard,
  vllm,
  memtrain: { ...vllm, logprobs: 'sampled' },
  sglang: { ...vllm, logprobs: 'tempered', scoring: 'echo' },
  'llama.cpp': {
    sampling: (topK) => ({ top_k: topK, min_p: 0, repeat_penalty: 1, presence_penalty: 0, frequency_penalty: 0 }),
    // The ids stand beside the log-probabilities without being asked for.
    tokenIds: {},
    hidesTokens: true,
    logprobs: 'plain',
  },
};
