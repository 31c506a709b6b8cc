import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import type { Completion, Conversation, Failure, Model, Request, SamplingOptions } from '@memtrain/policy';

/** The server and the model folder that a check by hand is pointed at. */
export function endpointArguments(): { readonly baseUrl: string; readonly name: string; readonly folder: string } {
  const { values } = parseArgs({ options: { 'base-url': { type: 'string' }, model: { type: 'string' }, folder: { type: 'string' } } });
  const { 'base-url': baseUrl, model: name, folder } = values;
  if (!baseUrl || !name || !folder) throw new Error('give --base-url, --model and --folder');
  return { baseUrl, name, folder };
}

export async function ask(model: Model, requests: readonly Request[], options: SamplingOptions): Promise<(Completion | Failure)[]> {
  const results: (Completion | Failure)[] = [];
  for await (const result of model.complete(requests, options)) results[result.index] = result;
  return results;
}

export async function conversations(model: Model, requests: readonly Request[], options: SamplingOptions): Promise<Conversation[]> {
  return (await ask(model, requests, options)).map((result) => {
    if ('error' in result) throw result.error;
    assert(result.conversation, 'a completion came without its conversation');
    return result.conversation;
  });
}

/** Runs checks one after the other, prints what each found, and sets the exit code. */
export async function runChecks(checks: Readonly<Record<string, () => Promise<string>>>): Promise<void> {
  let failures = 0;
  for (const [what, check] of Object.entries(checks)) {
    const began = performance.now();
    try {
      console.log(`ok    ${what}: ${await check()} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failures++;
      console.log(`WRONG ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  process.exitCode = failures === 0 ? 0 : 1;
}
