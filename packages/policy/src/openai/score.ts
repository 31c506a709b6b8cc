import { PolicyError } from '../errors.ts';
import type { Conversation } from '../conversation.ts';
import type { RequestShape } from './request-body.ts';
import { badResponse, fieldOf, logprobOf } from './read-completion.ts';

type Scored = Pick<Conversation, 'prompt' | 'completion'>;

/** Body that asks for the log-probabilities of given tokens. Throws `PolicyError` (`bad-options`) for an empty prompt. */
export function scoreBody({ prompt, completion }: Scored, shape: RequestShape): Readonly<Record<string, unknown>> {
  if (prompt.length === 0) {
    throw new PolicyError('bad-options', 'the first token of an empty prompt has no probability: begin the prompt with some token');
  }
  const asked = shape.dialect.scoring === 'echo' ? { echo: true, logprobs: 1 } : { prompt_logprobs: 0 };
  // Servers insist on generating something.
  return { model: shape.model, prompt: [...prompt, ...completion], max_tokens: 1, temperature: 1, ...asked, ...shape.extra };
}

/** Log-probabilities of the completion's tokens in the response to `scoreBody`. Throws `PolicyError` (`bad-response`). */
export function readScore(response: unknown, { prompt, completion }: Scored, shape: RequestShape): Float32Array {
  const choices = fieldOf(response, 'choices');
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const echoed = shape.dialect.scoring === 'echo';
  const shown = echoed ? fieldOf(fieldOf(choice, 'logprobs'), 'token_logprobs') : fieldOf(choice, 'prompt_logprobs');
  const size = prompt.length + completion.length;
  if (!Array.isArray(shown) || shown.length < size) throw badResponse(`it does not score the ${size} tokens of the prompt`);
  return Float32Array.from(completion, (id, place) => {
    const entry: unknown = shown[prompt.length + place];
    return logprobOf(echoed ? entry : fieldOf(fieldOf(entry, String(id)), 'logprob'), `token ${place}`);
  });
}
