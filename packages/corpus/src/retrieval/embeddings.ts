import { CorpusError } from '../errors.ts';

/** Turns texts into vectors of one length. */
export interface EmbeddingModel {
  /** One vector a text, in their order. */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
}

export interface EmbeddingsEndpointOptions {
  /** Address up to the version, e.g. `http://localhost:8000/v1`: `/embeddings` is added. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string;
  /** Texts of one request. Default 64. */
  readonly batchSize?: number;
  /** Attempts at a request that fails or answers 429 or 5xx. Default 4. */
  readonly attempts?: number;
  readonly fetch?: typeof fetch;
}

/** Any server that speaks OpenAI's `/embeddings`. Calls throw `CorpusError` (`bad-retriever`) that names the address. */
export function embeddingsEndpoint(options: EmbeddingsEndpointOptions): EmbeddingModel {
  const { baseUrl, model, apiKey, batchSize = 64 } = options;
  const url = `${baseUrl.replace(/\/+$/, '')}/embeddings`;
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  return {
    async embed(texts) {
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += batchSize) {
        const input = texts.slice(at, at + batchSize);
        const answer = await postJson(url, { model, input, encoding_format: 'float' }, { ...options, headers });
        vectors.push(...readVectors(answer, input.length, url));
      }
      return vectors;
    },
  };
}

function readVectors(answer: unknown, count: number, url: string): Float32Array[] {
  const data = (answer as { data?: { index?: number; embedding?: number[] }[] } | null)?.data;
  if (!Array.isArray(data) || data.length !== count || data.some(({ embedding }) => !Array.isArray(embedding))) {
    throw new CorpusError(
      'bad-retriever',
      `${url} did not answer with ${count} embeddings: check that it is an embeddings endpoint and the model's name`,
    );
  }
  return data.toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0)).map(({ embedding }) => Float32Array.from(embedding!));
}

export interface PostJsonOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly attempts?: number;
  readonly fetch?: typeof fetch;
}

/** Posts JSON and reads JSON; tries again after failures that may pass. Throws `CorpusError` (`bad-retriever`). */
export async function postJson(url: string, body: unknown, options: PostJsonOptions = {}): Promise<unknown> {
  const { headers = {}, attempts = 4, fetch: send = fetch } = options;
  for (let attempt = 1; ; attempt++) {
    let problem: string;
    try {
      const response = await send(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      if (response.ok) return (await response.json()) as unknown;
      problem = `status ${response.status}: ${(await response.text()).slice(0, 200)}`;
      if (response.status !== 429 && response.status < 500) attempt = attempts;
    } catch (error) {
      problem = (error as Error).message;
    }
    if (attempt >= attempts)
      throw new CorpusError('bad-retriever', `${url} failed (${problem}): check the address, that the server runs, and its log`);
    await new Promise((proceed) => setTimeout(proceed, 200 * 2 ** attempt));
  }
}
