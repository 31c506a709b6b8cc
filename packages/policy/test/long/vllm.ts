/**
 * Checks `openAiModel` against a real vLLM server. Run by hand:
 *   npm run test:vllm -- --base-url http://127.0.0.1:8200/v1 --model tiny --folder MODEL_FOLDER
 * The server must serve the model of that folder (tokenizer with a chat template), context of at least 256 tokens.
 */
import assert from 'node:assert/strict';
import { countPromptTokens, loadTokenizer } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';
import { ask, conversations, endpointArguments, runChecks } from './checks.ts';

const { baseUrl, name, folder } = endpointArguments();
const tokenizer = await loadTokenizer(folder);
const base = { baseUrl, model: name } as const;
const vllm = openAiModel({ ...base, server: 'vllm', tokenizer });

const chat = [{ role: 'user', content: 'ban <|im_end|> den 1234' }] as const;
const requests = Array.from({ length: 24 }, (_, seed) => ({ prompt: seed % 2 ? chat : 'gon fin', seed }));
const checks: Record<string, () => Promise<string>> = {
  'ids and log-probabilities come back, the prompt as it was sent': async () => {
    const made = await conversations(vllm, requests, { maxTokens: 24 });
    for (const [place, { prompt, completion, logprobs, finish }] of made.entries()) {
      assert.equal(prompt.length, countPromptTokens(requests[place]!.prompt, tokenizer));
      assert(completion.length >= 1 && completion.length <= 24);
      assert.equal(logprobs.length, completion.length);
      const ended = tokenizer.endIds.includes(completion.at(-1)!);
      assert.equal(finish, ended ? 'stop' : 'length', `finish ${finish}, last id ${completion.at(-1)}`);
    }
    return `${made.length} conversations, ${made.reduce((sum, { completion }) => sum + completion.length, 0)} tokens`;
  },
  'the same seed gives the same ids, other seeds others': async () => {
    const [first, second] = [await conversations(vllm, requests, { maxTokens: 8 }), await conversations(vllm, requests, { maxTokens: 8 })];
    assert.deepEqual(
      first.map(({ completion }) => completion),
      second.map(({ completion }) => completion),
    );
    const different = new Set(first.map(({ completion }) => completion.join(' '))).size;
    assert(different > requests.length / 2);
    return `${different} different completions of ${requests.length} seeds`;
  },
  'log-probabilities of sampling and of scoring agree': async () => {
    const made = await conversations(vllm, requests, { maxTokens: 24 });
    const scored = await vllm.logprobs!(made);
    let largest = 0;
    for (const [place, { logprobs }] of made.entries()) {
      for (const [at, value] of logprobs.entries()) largest = Math.max(largest, Math.abs(value - scored[place]![at]!));
    }
    assert(largest < 1e-3, `they differ by ${largest}`);
    return `largest difference ${largest.toExponential(1)}`;
  },
  'the end token is part of the completion': async () => {
    const end = tokenizer.endIds[0]!;
    const ending = openAiModel({ ...base, server: 'vllm', tokenizer, body: { logit_bias: { [end]: 100 } } });
    const [result] = await ask(ending, [{ prompt: 'gon', seed: 1 }], { maxTokens: 4 });
    assert(result && 'text' in result);
    assert.deepEqual([result.text, result.finish, result.conversation?.completion], ['', 'stop', Int32Array.of(end)]);
    return `id ${end}`;
  },
  'log-probabilities at temperature 0.5 are of the plain distribution, as assumed of a server started without options': async () => {
    const assumed = openAiModel({ ...base, server: 'vllm', tokenizer, logprobs: 'sampled' });
    const made = await conversations(assumed, requests.slice(0, 4), { maxTokens: 16, temperature: 0.5 });
    const scored = await vllm.logprobs!(made);
    for (const [place, { logprobs }] of made.entries()) {
      for (const [at, value] of logprobs.entries()) assert(Math.abs(value - scored[place]![at]!) < 1e-3);
    }
    return `${made.length} conversations`;
  },
  'the chat endpoint tokenizes as the tokenizer here does': async () => {
    const plain = [{ role: 'user', content: 'ban den 1234' }] as const;
    const byServer = openAiModel({ ...base, server: 'vllm', tokenIds: true });
    const options = { maxTokens: 12, temperature: 0 };
    const [[here], [there]] = [
      await conversations(vllm, [{ prompt: plain, seed: 1 }], options),
      await conversations(byServer, [{ prompt: plain, seed: 1 }], options),
    ];
    assert.deepEqual(there!.prompt, here!.prompt);
    assert.deepEqual(there!.completion, here!.completion);
    return `${here!.prompt.length} prompt tokens`;
  },
  'a stop text cuts the text and keeps the ids': async () => {
    const [free] = await ask(vllm, [{ prompt: 'gon', seed: 5 }], { maxTokens: 24, temperature: 0 });
    assert(free && 'text' in free);
    const stop = free.text.trim().slice(4, 7);
    const [cut] = await ask(vllm, [{ prompt: 'gon', seed: 5 }], { maxTokens: 24, temperature: 0, stop: [stop] });
    assert(cut && 'text' in cut && cut.conversation);
    assert(!cut.text.includes(stop) && free.text.startsWith(cut.text));
    assert(tokenizer.decode(cut.conversation.completion).includes(stop));
    assert.equal(cut.finish, 'stop');
    return `stopped at ${JSON.stringify(stop)}`;
  },
  'topK of 1 is greedy': async () => {
    const free = openAiModel({ ...base, server: 'vllm', tokenizer, logprobs: 'sampled' });
    const one = await conversations(free, [{ prompt: 'gon', seed: 3, topK: 1 }], { maxTokens: 12 });
    const greedy = await conversations(free, [{ prompt: 'gon', seed: 3, temperature: 0 }], { maxTokens: 12 });
    assert.deepEqual(one[0]!.completion, greedy[0]!.completion);
    return `${one[0]!.completion.length} tokens`;
  },
  "a prompt too long is a failure with the server's reason, and spares the others": async () => {
    const long = Int32Array.from({ length: 100_000 }, () => 300);
    const [failed, fine] = await ask(vllm, [{ prompt: long, seed: 1 }, requests[0]!], { maxTokens: 4 });
    assert(failed && 'error' in failed && fine && 'text' in fine);
    assert.match(failed.error.message, /status 400/);
    return failed.error.message.slice(0, 160);
  },
  'an unknown model is a failure': async () => {
    const [failed] = await ask(openAiModel({ ...base, model: 'no-such-model' }), [{ prompt: 'gon', seed: 1 }], { maxTokens: 4 });
    assert(failed && 'error' in failed);
    assert.match(failed.error.message, /status 404/);
    return failed.error.message.slice(0, 160);
  },
  'an abort ends the call': async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await assert.rejects(ask(vllm, requests, { maxTokens: 200, signal: controller.signal }), /enough/);
    return 'after 100 ms';
  },
};

await runChecks(checks);
