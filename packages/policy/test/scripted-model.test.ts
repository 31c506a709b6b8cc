import { describe, expect, test } from '@jest/globals';
import { PolicyError, wordTokenizer } from '@memtrain/policy';
import type { Completion, Failure, Indexed, Model, Request } from '@memtrain/policy';
import { scriptedModel } from '@memtrain/policy/test';

const tokenizer = wordTokenizer(['<pad>', '<eos>', 'a', 'b', 'c']);

async function ask(model: Model, requests: readonly Request[], maxTokens = 10): Promise<Indexed<Completion | Failure>[]> {
  const results: Indexed<Completion | Failure>[] = [];
  for await (const result of model.complete(requests, { maxTokens })) results.push(result);
  return results;
}

describe('scriptedModel', () => {
  test('says the lines of its script in turn, over several calls', async () => {
    const model = scriptedModel(['one', 'two', 'three']);
    expect(
      await ask(model, [
        { prompt: 'x', seed: 1 },
        { prompt: 'y', seed: 2 },
      ]),
    ).toEqual([
      { text: 'one', finish: 'stop', index: 0 },
      { text: 'two', finish: 'stop', index: 1 },
    ]);
    expect(await ask(model, [{ prompt: 'z', seed: 3 }])).toMatchObject([{ text: 'three', index: 0 }]);
    expect(model.requests.map((request) => request.prompt)).toEqual(['x', 'y', 'z']);
  });

  test('answers by a function of request, prompt text and call number', async () => {
    const model = scriptedModel((request, text, call) => `${text}/${request.seed}/${call}`);
    const chat = [{ role: 'user', content: 'hello' }] as const;
    const results = await ask(model, [
      { prompt: 'a', seed: 4 },
      { prompt: chat, seed: 5 },
    ]);
    expect(results.map((result) => 'text' in result && result.text)).toEqual(['a/4/0', 'hello/5/1']);
  });

  test('reads prompts of token ids with its tokenizer', async () => {
    const model = scriptedModel((_request, text) => text, { tokenizer });
    expect(await ask(model, [{ prompt: Int32Array.of(2, 3), seed: 0 }])).toMatchObject([{ text: 'a b' }]);
  });

  test('gives conversations with the end token, one log-probability a token', async () => {
    const [result] = await ask(scriptedModel(['b c'], { tokenizer, logprob: -0.25 }), [{ prompt: 'a', seed: 0 }]);
    expect(result).toEqual({
      text: 'b c',
      finish: 'stop',
      index: 0,
      conversation: {
        prompt: Int32Array.of(2),
        completion: Int32Array.of(3, 4, 1),
        logprobs: Float32Array.of(-0.25, -0.25, -0.25),
        finish: 'stop',
      },
    });
  });

  test('cuts at the token budget and says so; a request may lower the budget', async () => {
    const model = scriptedModel(() => 'a b c', { tokenizer });
    const [three] = await ask(model, [{ prompt: 'a', seed: 0 }], 3);
    expect(three).toMatchObject({ text: 'a b c', finish: 'length', conversation: { completion: Int32Array.of(2, 3, 4) } });
    const [one] = await ask(model, [{ prompt: 'a', seed: 0, maxTokens: 1 }], 10);
    expect(one).toMatchObject({ text: 'a', finish: 'length' });
    const [exact] = await ask(model, [{ prompt: 'a', seed: 0 }], 4);
    expect(exact).toMatchObject({ finish: 'stop' });
  });

  test('turns an Error of the script into a failed request that spares the others', async () => {
    const failure = new Error('the endpoint is gone');
    const results = await ask(scriptedModel([failure, 'fine']), [
      { prompt: 'x', seed: 0 },
      { prompt: 'y', seed: 1 },
    ]);
    expect(results).toEqual([
      { error: failure, index: 0 },
      { text: 'fine', finish: 'stop', index: 1 },
    ]);
  });

  test('throws script-exhausted when it is asked more often than it has lines', async () => {
    await expect(
      ask(scriptedModel(['only']), [
        { prompt: 'x', seed: 0 },
        { prompt: 'y', seed: 1 },
      ]),
    ).rejects.toMatchObject({
      code: 'script-exhausted',
      message: expect.stringContaining('call 2'),
    });
    await expect(ask(scriptedModel([]), [{ prompt: 'x', seed: 0 }])).rejects.toBeInstanceOf(PolicyError);
  });
});
