import { expect, test } from '@jest/globals';
import { createWorld } from '@memtrain/corpus';
import OpenAI from 'openai';
import { shippedBackbone } from '../../src/miniature/local-engine.ts';
import { runHere, runMain } from '../support/run-main.ts';

test('memtrain serve-model serves a saved model until Ctrl-C, and then ends with 0', async () => {
  const word = createWorld(0).vocabulary[5]!;
  let reply: OpenAI.Completion | undefined;
  const { code, stdout, stderr } = await runMain(
    ['serve-model', '--model', shippedBackbone(), '--port', '0', '--name', 'mini'],
    (child) => {
      child.stdout!.once('data', (line: Buffer) => {
        const baseURL = /http:\S+\/v1/.exec(line.toString())![0];
        const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
        void client.completions
          .create({ model: 'mini', prompt: word, max_tokens: 3, seed: 1 })
          .then((answer) => (reply = answer))
          .finally(() => child.kill('SIGINT'));
      });
    },
  );
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^mini at http:\/\/127\.0\.0\.1:\d+\/v1; stop with Ctrl-C\n$/),
  });
  expect(stderr).toContain('stopping');
  expect(reply).toMatchObject({ object: 'text_completion', model: 'mini', usage: { prompt_tokens: 1 } });
});

test('a model that is not there is an error of one line', async () => {
  const { code, stderr } = await runHere(['serve-model', '--model', 'no-such-folder']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^memtrain: no model folder at no-such-folder: [^\n]+\n$/);
});
