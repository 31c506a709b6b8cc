import {
  encodePrompt,
  type Completion,
  type Failure,
  type Indexed,
  type Request,
  type SamplingOptions,
  type Tokenizer,
} from '@memtrain/policy';
import { LanguageModelError } from './errors.ts';
import { generate, type GenerationContext } from './generate.ts';
import type { GenerationRow } from './generate-row.ts';

export interface CompleteRequestsOptions extends SamplingOptions {
  readonly tokenizer: Tokenizer;
  /** Most rows decoded at once. Default 64. */
  readonly generationRows?: number;
}

/**
 * `Model.complete` of a local model. The views that `context` gives follow weights that are changed meanwhile.
 * Throws `LanguageModelError` (`bad-request`) for options that cannot be; the same in a request is that request's failure.
 */
export async function* completeRequests(
  context: () => GenerationContext,
  requests: readonly Request[],
  options: CompleteRequestsOptions,
): AsyncIterable<Indexed<Completion | Failure>> {
  const { signal, tokenizer, generationRows: mostRows = 64 } = options;
  checkSampling(options, 'the options');
  signal?.throwIfAborted();
  const { maxPositions } = context().configuration;
  const rows: GenerationRow[] = [];
  for (const [index, request] of requests.entries()) {
    try {
      rows.push(resolveRequest(request, index, { ...options, maxPositions }));
    } catch (error) {
      yield { index, error: error as Error };
    }
  }
  yield* generate(context, rows, { tokenizer, mostRows, ...(signal && { signal }) });
}

function resolveRequest(
  request: Request,
  index: number,
  options: CompleteRequestsOptions & { readonly maxPositions: number },
): GenerationRow {
  checkSampling(request, `request ${index}`);
  const { tokenizer, maxPositions } = options;
  const prompt = encodePrompt(request.prompt, tokenizer);
  const maxTokens = request.maxTokens ?? options.maxTokens;
  if (prompt.length === 0 || prompt.length + maxTokens > maxPositions) {
    throw new LanguageModelError(
      'prompt-too-long',
      `request ${index}: ${prompt.length} prompt + ${maxTokens} completion tokens do not fit the model's ${maxPositions} positions`,
    );
  }
  return {
    index,
    prompt,
    seed: request.seed,
    maxTokens,
    temperature: request.temperature ?? options.temperature ?? 1,
    topK: request.topK ?? options.topK ?? 0,
    topP: request.topP ?? options.topP ?? 1,
    stop: (request.stop ?? options.stop ?? []).filter((text) => text !== ''),
  };
}

type Sampling = Partial<Pick<Request, 'maxTokens' | 'temperature' | 'topK' | 'topP'>>;

function checkSampling({ maxTokens = 1, temperature = 1, topK = 0, topP = 1 }: Sampling, where: string): void {
  const fail = (what: string): never => {
    throw new LanguageModelError('bad-request', `${where}: ${what}`);
  };
  if (!Number.isInteger(maxTokens) || maxTokens < 1) fail(`maxTokens must be a whole number from 1, not ${maxTokens}`);
  if (!(temperature >= 0 && Number.isFinite(temperature))) fail(`temperature must be 0 or more, not ${temperature}`);
  if (!Number.isInteger(topK) || topK < 0) fail(`topK must be a whole number from 0, not ${topK}`);
  if (!(topP > 0 && topP <= 1)) fail(`topP must be above 0 and at most 1, not ${topP}`);
}
