/**
 * Checks `openAiModel` against a real llama.cpp server. Run by hand:
 *   npm run -w packages/policy test:llama-cpp -- --base-url http://127.0.0.1:8300/v1 --model tiny --folder MODEL_FOLDER
 * The server must serve the model of that folder (byte-level tokenizer with a chat template) as GGUF: llama-server -m FILE -c 512 -np 1
 */
import assert from 'node:assert/strict';
import { countPromptTokens, loadTokenizer } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';
import type { OpenAiModelOptions } from '@memtrain/policy/openai';
import { ask, conversations, endpointArguments, runChecks } from './checks.ts';

const { baseUrl, name, folder } = endpointArguments();
const tokenizer = await loadTokenizer(folder);
// Random weights write broken UTF-8, which this server answers with status 500: a grammar keeps to letters.
const letters = { grammar: 'root ::= [a-z0-9 ]*' };
const server = (options: Partial<OpenAiModelOptions> = {}): ReturnType<typeof openAiModel> =>
  openAiModel({ baseUrl, model: name, server: 'llama.cpp', tokenizer, body: letters, ...options });
const plain = server();
const chat = [{ role: 'user', content: 'ban <|im_end|> den 1234' }] as const;
const requests = Array.from({ length: 24 }, (_, seed) => ({ prompt: seed % 2 ? chat : 'gon fin', seed }));

await runChecks({
  'ids and log-probabilities come back, and the ids are those of the text': async () => {
    const made = await ask(plain, requests, { maxTokens: 24 });
    let tokens = 0;
    for (const [place, result] of made.entries()) {
      if ('error' in result) throw result.error;
      const { prompt, completion, logprobs, finish } = result.conversation!;
      assert.equal(prompt.length, countPromptTokens(requests[place]!.prompt, tokenizer));
      assert.equal(logprobs.length, completion.length);
      assert.equal(tokenizer.decode(completion), result.text);
      // It also ends at tokens that it takes for ends by their names, such as <|endoftext|>.
      assert.equal(finish, completion.length === 24 ? 'length' : 'stop');
      tokens += completion.length;
    }
    return `${made.length} conversations, ${tokens} tokens`;
  },
  'the same seed gives the same ids, other seeds others': async () => {
    const [first, second] = [
      await conversations(plain, requests, { maxTokens: 8 }),
      await conversations(plain, requests, { maxTokens: 8 }),
    ];
    const texts = (made: typeof first): string[] => made.map(({ completion }) => completion.join(' '));
    assert.deepEqual(texts(first), texts(second));
    return `${new Set(texts(first)).size} different completions of ${requests.length} seeds`;
  },
  'log-probabilities do not depend on the temperature: they are of the plain distribution': async () => {
    const request = { prompt: 'gon', seed: 1, topK: 1 };
    const assumed = server({ logprobs: 'sampled' });
    const [warm] = await conversations(assumed, [request], { maxTokens: 12, temperature: 0.5 });
    const [one] = await conversations(assumed, [request], { maxTokens: 12, temperature: 1 });
    assert.deepEqual(warm!.completion, one!.completion);
    for (const [at, value] of warm!.logprobs.entries()) assert(Math.abs(value - one!.logprobs[at]!) < 1e-3);
    await assert.rejects(ask(plain, [request], { maxTokens: 1, temperature: 0.5 }), /plain log-probabilities/);
    return `${one!.completion.length} tokens, and other sampling is refused`;
  },
  'the end token is part of the completion': async () => {
    const end = tokenizer.endIds[0]!;
    const [made] = await conversations(server({ body: { logit_bias: [[end, 1000]] } }), [{ prompt: 'gon', seed: 1 }], { maxTokens: 4 });
    assert.deepEqual([made!.finish, made!.completion], ['stop', Int32Array.of(end)]);
    return `id ${end}`;
  },
  'the chat endpoint renders as the tokenizer here does': async () => {
    const options = { maxTokens: 12, temperature: 0 };
    const asked = [{ prompt: [{ role: 'user', content: 'ban den 1234' }], seed: 1 }] as const;
    const [here] = await ask(plain, asked, options);
    const [there] = await ask(openAiModel({ baseUrl, model: name, body: letters }), asked, options);
    assert(here && 'text' in here && there && 'text' in there);
    assert.equal(there.text.trim(), here.text.trim());
    return JSON.stringify(here.text.slice(0, 20));
  },
  'characters of several tokens: tokens are missing in what it shows, which is refused': async () => {
    const [failed] = await ask(server({ body: { grammar: 'root ::= "東é東"' } }), [{ prompt: 'gon', seed: 1 }], { maxTokens: 24 });
    assert(failed && 'error' in failed);
    assert.match(failed.error.message, /sampled \d+ tokens, but shows/);
    return failed.error.message.slice(0, 60);
  },
  'so are the tokens of a stop text; text alone is fine': async () => {
    const stopped = { body: { grammar: 'root ::= "aaabaa"' } };
    const [failed] = await ask(server(stopped), [{ prompt: 'gon', seed: 1 }], { maxTokens: 24, stop: ['b'] });
    assert(failed && 'error' in failed);
    const [text] = await ask(server({ ...stopped, tokenIds: false }), [{ prompt: 'gon', seed: 1 }], { maxTokens: 24, stop: ['b'] });
    assert(text && 'text' in text);
    assert.deepEqual([text.text, text.finish], ['aaa', 'stop']);
    return failed.error.message.slice(0, 60);
  },
  "a prompt too long is a failure with the server's reason, and spares the others": async () => {
    const long = Int32Array.from({ length: 100_000 }, () => 300);
    const [failed, fine] = await ask(plain, [{ prompt: long, seed: 1 }, requests[0]!], { maxTokens: 4 });
    assert(failed && 'error' in failed && fine && 'text' in fine);
    assert.match(failed.error.message, /status 400/);
    return failed.error.message.slice(0, 160);
  },
  'an abort ends the call': async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await assert.rejects(ask(plain, requests, { maxTokens: 200, signal: controller.signal }), /enough/);
    return 'after 100 ms';
  },
});
