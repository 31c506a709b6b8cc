import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runHere } from './support/run-main.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = temporaryFolder();
const file = join(folder, 'text.txt');
const question = 'What is the code?';

describe('memtrain read', () => {
  const asked: Record<string, unknown>[] = [];
  let failFrom = Infinity;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (data: Buffer) => (body += data.toString()));
    request.on('end', () => {
      const parsed = JSON.parse(body) as { messages: { content: string }[] };
      asked.push(parsed);
      const text = parsed.messages[0]!.content;
      const content = text.includes('Your answer:')
        ? `It is \\boxed{${/code is (\d+)/.exec(text)?.[1] ?? 'unknown'}}.`
        : (/code is \d+/.exec(text)?.[0] ?? 'nothing yet');
      response.statusCode = asked.length >= failFrom ? 400 : 200;
      response.setHeader('content-type', 'application/json');
      const message = { role: 'assistant', content };
      response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] }));
    });
  });
  let endpoint: string[] = [];
  beforeAll(async () => {
    writeFileSync(file, `${'lorem ipsum dolor '.repeat(40)}The code is 4711. ${'sit amet '.repeat(30)}`);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    endpoint = ['--base-url', `http://127.0.0.1:${port}/v1`, '--model', 'scripted', '--chunk-tokens', '100'];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const read = (...args: string[]): ReturnType<typeof runHere> =>
    runHere(['read', '--file', file, '--question', question, ...endpoint, ...args]);

  test('prints the memory after each chunk, and the answer', async () => {
    const { code, stdout, stderr } = await read();
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toBe(
      'memory after chunk 1 of 3:\nnothing yet\n\nmemory after chunk 2 of 3:\ncode is 4711\n\nmemory after chunk 3 of 3:\ncode is 4711\n\nanswer: 4711\n',
    );
    expect(asked[0]).toMatchObject({ model: 'scripted', temperature: 0.7, max_tokens: 1024 });
  });

  test('--json prints events; a run that broke off is resumed from them', async () => {
    const whole = await read('--json');
    const events = whole.stdout.trim().split('\n');
    expect(events.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual([
      ...Array.from({ length: 3 }, () => ['chunk', 'memory']).flat(),
      'answer',
    ]);
    failFrom = asked.length + 3;
    const broken = await read('--json');
    failFrom = Infinity;
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining('the model failed at chunk 3 of 3') });
    const log = join(folder, 'events.jsonl');
    writeFileSync(log, `${broken.stdout}{"kind":"mem`);
    const before = asked.length;
    const { stdout } = await read('--json', '--resume', log);
    expect(stdout.trim().split('\n')).toEqual(events.slice(4));
    expect(asked.length - before).toBe(2);
    writeFileSync(log, 'words\n');
    expect((await read('--resume', log)).stderr).toContain('line 1 of');
  });

  test('takes prompts of your own, an order and a cut', async () => {
    const template = join(folder, 'template.json');
    const texts = {
      name: 'mine',
      update: 'U {problem} {memory} {chunk}',
      updateChunkFirst: 'C {chunk} {memory} {problem}',
      answer: 'A {problem} {memory}',
    };
    writeFileSync(template, JSON.stringify(texts));
    const before = asked.length;
    const { stdout } = await read('--template', template, '--layout', 'chunk-first', '--truncate-to', '20');
    expect(stdout).toContain('memory after chunk 1 of 1');
    const [update] = asked.slice(before) as { messages: { content: string }[] }[];
    expect(update!.messages[0]!.content).toMatch(/^C lorem ipsum .* amet +No previous memory What is the code\?$/);
    writeFileSync(template, '{}');
    expect((await read('--template', template)).stderr).toContain('is no template');
  });

  test('says in one line what is wrong', async () => {
    for (const [args, message, code] of [
      [['--context-tokens', '500'], 'tokens = ', 1],
      [['--file', join(folder, 'missing.txt')], 'no file at', 1],
      [['--model-folder', folder], 'read needs a model', 2],
      [['--api-key-env', 'MEMTRAIN_TEST_NO_SUCH_KEY'], 'MEMTRAIN_TEST_NO_SUCH_KEY is no API key', 1],
    ] as const) {
      const { stderr, code: got } = await read(...args);
      expect(stderr).toContain(message);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(got).toBe(code);
    }
    expect(await runHere(['read', '--file', file, '--question', question])).toMatchObject({ code: 2 });
  });

  test('reads with a model folder, run here', async () => {
    const backbone = new URL('../assets/backbone', import.meta.url).pathname;
    const template = join(folder, 'world.json');
    writeFileSync(
      template,
      JSON.stringify({
        name: 'world',
        chat: false,
        emptyMemory: '',
        update: '<q> {problem} <mem> {memory} <chk> {chunk} <upd>',
        answer: '<q> {problem} <mem> {memory} <ans>',
      }),
    );
    const text = join(folder, 'world.txt');
    const words = Object.keys(
      (JSON.parse(readFileSync(join(backbone, 'tokenizer.json'), 'utf8')) as { model: { vocab: object } }).model.vocab,
    );
    const plain = words.filter((word) => /^[a-z]/.test(word));
    writeFileSync(text, plain.slice(0, 20).join(' '));
    const sizes = ['--chunk-tokens', '10', '--memory-tokens', '4', '--answer-tokens', '1'];
    const named = ['--file', text, '--question', plain[0]!, '--model-folder', backbone, '--template', template];
    const { stdout, stderr, code } = await runHere(['read', ...named, ...sizes]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/memory after chunk 2 of 2[^]*answer: \S+/);
  });
});
