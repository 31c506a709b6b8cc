import type { Conversation, Datum, Learner, Loss } from '@memtrain/policy';
import { GrpoError } from './errors.ts';

const losses: readonly Loss[] = [{ kind: 'crossEntropy' }, { kind: 'policyGradient', clipLow: 0.2, clipHigh: 0.2, kl: 0 }];

export interface CheckLearnerOptions {
  /** Largest relative error. Default 1e-2, room for an engine in half precision. */
  readonly tolerance?: number;
}

/**
 * Finds a learner that takes a mean where the contract says a sum, over the data of a call, over the calls of an optimizer step or over the
 * tokens of a completion: training with it would go on, at another learning rate for every batch. Meant for the start of a run on an
 * engine that is new to you. `conversation` is any of at least two completion tokens. Takes optimizer steps of learning rate 0, which leave
 * the weights but not Adam's moments: hand in a learner that is thrown away, or loaded afterwards.
 * Throws `GrpoError`: `bad-learner` that says what is off, `bad-options`.
 */
export async function checkLearner(
  learner: Pick<Learner, 'forward' | 'forwardBackward' | 'optimStep'>,
  conversation: Conversation,
  options: CheckLearnerOptions = {},
): Promise<void> {
  const { tolerance = 1e-2 } = options;
  if (conversation.completion.length < 2) throw new GrpoError('bad-options', 'checkLearner needs a conversation of two tokens or more');
  const [logprobs] = await learner.forward([conversation]);
  const whole: Datum = { ...conversation, logprobs: logprobs!, advantage: 1, weight: 1 };
  const firstToken: Datum = { ...whole, weight: Float32Array.from(logprobs!, (_, t) => (t === 0 ? 1 : 0)) };
  const cut: Datum = { ...whole, completion: whole.completion.slice(0, 1), logprobs: logprobs!.slice(0, 1) };
  for (const loss of losses) {
    /** Of one optimizer step over the calls. */
    const measure = async (calls: readonly (readonly Datum[])[]): Promise<{ gradient: number; loss: number }> => {
      let total = 0;
      for (const data of calls) total += (await learner.forwardBackward(data, loss)).loss;
      return { gradient: (await learner.optimStep({ learningRate: 0 })).gradientNorm, loss: total };
    };
    const requireRatio = (ratio: number, expected: number, what: string): void => {
      if (Math.abs(ratio / expected - 1) <= tolerance) return;
      throw new GrpoError(
        'bad-learner',
        `with the loss ${loss.kind}, ${what} is ${ratio.toPrecision(3)} and not ${expected} times as large: the learner must add up weighted ` +
          'tokens and divide by nothing (Learner.forwardBackward); correct it, or scale the weights of the data in front of it',
      );
    };
    const once = await measure([[whole]]);
    for (const [calls, where] of [
      [[[whole, whole]], 'in one call'],
      [[[whole], [whole]], 'in two calls of one step'],
    ] as const) {
      const twice = await measure(calls);
      requireRatio(twice.gradient / once.gradient, 2, `the gradient of a datum that is there twice ${where}`);
      requireRatio(twice.loss / once.loss, 2, `the loss of a datum that is there twice ${where}`);
    }
    const [long, short] = [await measure([[firstToken]]), await measure([[cut]])];
    requireRatio(long.gradient / short.gradient, 1, 'the gradient of a token with further tokens of weight 0 behind it');
    requireRatio(long.loss / short.loss, 1, 'the loss of a token with further tokens of weight 0 behind it');
  }
}
