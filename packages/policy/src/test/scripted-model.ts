import { PolicyError } from '../errors.ts';
import type { Completion, Failure, Indexed, Model, Request, SamplingOptions } from '../model.ts';
import { encodePrompt } from '../prompt.ts';
import type { Tokenizer } from '../tokenizer.ts';

/** What a scripted model says: text, or an Error for a failed call. `call` counts the requests seen so far. */
export type Script = (request: Request, promptText: string, call: number) => string | Error;

/**
 * A model for tests: answers come from a function, or in turn from a list (which throws `PolicyError` `script-exhausted` at its end).
 * With a tokenizer it returns conversations, each token at log-probability `logprob`.
 */
export function scriptedModel(
  script: Script | readonly (string | Error)[],
  options: { readonly tokenizer?: Tokenizer; readonly logprob?: number } = {},
): Model & { readonly requests: Request[] } {
  const { tokenizer, logprob = -0.5 } = options;
  const requests: Request[] = [];
  const say: Script =
    typeof script === 'function'
      ? script
      : (_request, _text, call) => {
          const line = script[call];
          if (line === undefined)
            throw new PolicyError('script-exhausted', `the script has ${script.length} lines, but call ${call + 1} was made`);
          return line;
        };
  const textOf = (request: Request): string => {
    if (typeof request.prompt === 'string') return request.prompt;
    if (request.prompt instanceof Int32Array) return tokenizer?.decode(request.prompt) ?? '';
    return request.prompt.map((message) => message.content).join('\n');
  };
  const answer = (request: Request, sampling: SamplingOptions): Completion | Failure => {
    const said = say(request, textOf(request), requests.push(request) - 1);
    if (said instanceof Error) return { error: said };
    if (!tokenizer) return { text: said, finish: 'stop' };
    const budget = request.maxTokens ?? sampling.maxTokens;
    const full = [...tokenizer.encode(said), tokenizer.endIds[0]!];
    const completion = Int32Array.from(full.slice(0, budget));
    const finish = full.length <= budget ? 'stop' : 'length';
    const conversation = {
      prompt: encodePrompt(request.prompt, tokenizer),
      completion,
      logprobs: new Float32Array(completion.length).fill(logprob),
      finish,
    } as const;
    return { text: tokenizer.decode(completion), finish, conversation };
  };
  return {
    ...(tokenizer ? { tokenizer } : {}),
    requests,
    async *complete(batch, sampling): AsyncIterable<Indexed<Completion | Failure>> {
      for (const [index, request] of batch.entries()) yield { ...answer(request, sampling), index };
    },
  };
}
