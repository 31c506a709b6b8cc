import type { Completion, Failure, Model, Request, SamplingOptions } from '@memtrain/policy';

/** All results in the order of their requests. */
export async function askAll(
  model: Model,
  requests: readonly Request[],
  options: Partial<SamplingOptions> = {},
): Promise<(Completion | Failure)[]> {
  const results: (Completion | Failure)[] = [];
  for await (const { index, ...result } of model.complete(requests, { maxTokens: 8, ...options })) {
    if (index in results) throw new Error(`request ${index} was answered twice`);
    results[index] = result as Completion | Failure;
  }
  return results;
}

/** The only result of one request. */
export async function askOne(
  model: Model,
  request: Partial<Request> = {},
  options: Partial<SamplingOptions> = {},
): Promise<Completion | Failure> {
  return (await askAll(model, [{ prompt: 'hello', seed: 1, ...request }], options))[0]!;
}

/** Its error; throws when there is none. */
export async function failureOf(model: Model, request: Partial<Request> = {}, options: Partial<SamplingOptions> = {}): Promise<Error> {
  const result = await askOne(model, request, options);
  if ('error' in result) return result.error;
  throw new Error(`the request did not fail: ${JSON.stringify(result)}`);
}
