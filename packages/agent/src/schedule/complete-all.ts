import type { Completion, Failure, Indexed, Model, Prompt, Request, SamplingOptions } from '@memtrain/policy';
import { AgentError } from '../errors.ts';

/** The prompt text as the template wants it sent. */
export function promptOf(template: { readonly chat: boolean }, text: string): Prompt {
  return template.chat ? [{ role: 'user', content: text }] : text;
}

/**
 * Every request's result, in order. A call that throws, or leaves requests out, gives failures for what is missing; only an aborted signal
 * throws (its reason), because a result that was never waited for must not look like a failed one.
 */
export async function completeAll(
  model: Model,
  requests: readonly Request[],
  sampling: SamplingOptions,
  onResult?: (index: number) => void,
): Promise<(Completion | Failure)[]> {
  sampling.signal?.throwIfAborted();
  const results = new Map<number, Completion | Failure>();
  const keep = (index: number, result: Completion | Failure): void => {
    results.set(index, result);
    onResult?.(index);
  };
  let broken: unknown;
  const untilBroken = async function* (): AsyncGenerator<Indexed<Completion | Failure>> {
    try {
      if (requests.length > 0) yield* model.complete(requests, sampling);
    } catch (cause) {
      broken = cause;
    }
  };
  for await (const result of untilBroken()) {
    if (requests[result.index] !== undefined && !results.has(result.index)) keep(result.index, result);
  }
  sampling.signal?.throwIfAborted();
  for (const index of requests.keys()) {
    if (results.has(index)) continue;
    const message = `the model gave no result for request ${index + 1} of ${requests.length}`;
    keep(index, { error: broken instanceof Error ? broken : new AgentError('model-failed', message, { cause: broken }) });
  }
  return requests.map((_request, index) => results.get(index)!);
}
