import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLanguageModel, loadLanguageModel } from '@memtrain/lm';
import type { LanguageModel } from '@memtrain/lm';
import { saveWordTokenizer, wordTokenizer } from '@memtrain/policy';
import { runGenerate } from '../src/commands/run-generate.ts';
import { runScore } from '../src/commands/run-score.ts';
import { commandContext } from './support/command-context.ts';
import { runHere } from './support/run-main.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { tinyConfiguration } from './support/tiny-configuration.ts';

const root = temporaryFolder();
const model = join(root, 'model');
const vocabulary = ['<pad>', '<eos>', ...Array.from({ length: 14 }, (_, i) => `w${i}`)];
let learner: LanguageModel;

beforeAll(async () => {
  const configuration = { ...tinyConfiguration, vocabularySize: 16, maxPositions: 32, initializerRange: 0.4 };
  const made = createLanguageModel({ configuration, tokenizer: wordTokenizer(vocabulary), seed: 3, threads: 1 });
  await made.save(model);
  await made.dispose();
  await saveWordTokenizer(model, vocabulary);
  writeFileSync(join(model, 'chat_template.jinja'), '{% for message in messages %}w0 {{ message.content }} {% endfor %}w1');
  learner = await loadLanguageModel(model);
});
afterAll(async () => learner.dispose());

let count = 0;
/** Writes lines into a new file; returns its path and one for the output. */
function files(lines: readonly unknown[]): { in: string; out: string } {
  const input = join(root, `in-${count++}.jsonl`);
  writeFileSync(input, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  return { in: input, out: `${input}.out` };
}

function readLines<T>(path: string): T[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line) as T);
}

describe('memtrain score', () => {
  test('writes one log-probability for each token after the first, in the order of the lines', async () => {
    const paths = files([{ tokens: [3, 4, 5, 6, 7] }, { text: 'w4' }, { text: 'w1 w2 w3', id: 'kept out' }, { tokens: Array(33).fill(2) }]);
    const context = commandContext();
    await runScore({ model, ...paths }, context);
    const scored = readLines<{ logprobs: number[] }>(paths.out);
    for (const line of scored) expect(Object.keys(line)).toEqual(['logprobs']);
    expect(scored.map(({ logprobs }) => logprobs.length)).toEqual([4, 0, 2, 32]);
    const whole = (ids: number[]): Promise<Float32Array[]> => {
      const completion = Int32Array.from(ids.slice(1));
      return learner.forward([
        { prompt: Int32Array.of(ids[0]!), completion, logprobs: new Float32Array(completion.length), finish: 'stop' },
      ]);
    };
    for (const [i, ids] of [
      [0, [3, 4, 5, 6, 7]],
      [2, [3, 4, 5]],
    ] as const) {
      const [wanted] = await whole([...ids]);
      for (const [t, value] of scored[i]!.logprobs.entries()) expect(value).toBeCloseTo(wanted![t]!, 5);
    }
    expect(context.lines).toEqual([`4 lines scored in ${paths.out}`]);
    expect(readdirSync(root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('of an empty file is an empty file', async () => {
    const paths = files([]);
    await runScore({ model, ...paths }, commandContext());
    expect(readFileSync(paths.out, 'utf8')).toBe('');
  });

  test('stops at Ctrl-C without an output', async () => {
    const paths = files([{ text: 'w1 w2' }]);
    const controller = new AbortController();
    controller.abort(new Error('stopped'));
    await expect(runScore({ model, ...paths }, commandContext(controller.signal))).rejects.toThrow('stopped');
    expect(existsSync(paths.out)).toBe(false);
  });
});

interface Generated {
  readonly tokens: number[];
  readonly text: string;
  readonly logprobs: number[];
  readonly finish: string;
}

describe('memtrain generate', () => {
  const prompts = [{ text: 'w2 w3 w4' }, { tokens: [4, 5, 6] }, { messages: [{ role: 'user', content: 'w7' }] }, { tokens: [2, 9, 3] }];
  const generate = async (lines: readonly unknown[], change: { temperature?: number; seed?: number } = {}): Promise<Generated[]> => {
    const paths = files(lines);
    await runGenerate({ model, ...paths, maxNewTokens: 6, temperature: 1, seed: 0, ...change }, commandContext());
    return readLines<Generated>(paths.out);
  };

  test('writes tokens, text, log-probabilities and why it ended, in the order of the prompts', async () => {
    const generated = await generate(prompts);
    expect(generated).toHaveLength(4);
    for (const line of generated) {
      expect(Object.keys(line)).toEqual(['tokens', 'text', 'logprobs', 'finish']);
      expect(line.tokens.length).toBe(line.logprobs.length);
      expect(line.text).toBe(learner.tokenizer.decode(line.tokens));
      expect(line.finish).toBe(line.tokens.includes(1) ? 'stop' : 'length');
      if (line.finish === 'length') expect(line.tokens).toHaveLength(6);
    }
    // The log-probabilities are those of the whole sequence, and the chat went through the template.
    for (const [i, prompt] of [
      [0, [4, 5, 6]],
      [2, [2, 9, 3]],
    ] as const) {
      const { tokens, logprobs } = generated[i]!;
      const completion = Int32Array.from(tokens);
      const [scored] = await learner.forward([
        { prompt: Int32Array.from(prompt), completion, logprobs: new Float32Array(6), finish: 'stop' },
      ]);
      for (const [t, value] of logprobs.entries()) expect(value).toBeCloseTo(scored![t]!, 4);
    }
  });

  test('says the same for the same seed and prompt, and something else for another seed', async () => {
    const first = await generate(prompts);
    expect(await generate(prompts)).toEqual(first);
    expect((await generate(prompts, { seed: 1 })).map(({ tokens }) => tokens)).not.toEqual(first.map(({ tokens }) => tokens));
  });

  test('at temperature 0 says the same for every spelling of a prompt', async () => {
    const [text, tokens, chat, rendered] = await generate(prompts, { temperature: 0 });
    expect(text!.tokens).toEqual(tokens!.tokens);
    expect(chat!.tokens).toEqual(rendered!.tokens);
  });
});

describe.each(['score', 'generate'])('memtrain %s', (command) => {
  test.each<[string, unknown, string]>([
    ['a line that is not JSON', '{"tokens": [1', 'not JSON'],
    ['an empty line', '', 'not JSON'],
    ['a line that is no object', [3], 'not an object'],
    ['a line without any of the fields', { prompt: 'w1' }, 'it has none of them; every line is a JSON object with "tokens" or "text"'],
    ['a line with two of the fields', { text: 'w1', tokens: [1] }, 'it has 2 of them'],
    ['a token that is no whole number', { tokens: [1, 2.5] }, 'tokens.1'],
    ['a negative token', { tokens: [-1] }, 'tokens.0'],
    ['no tokens', { tokens: [] }, 'tokens'],
    ['a token outside the vocabulary', { tokens: [3, 16] }, "token 16 is outside the model's vocabulary of 16"],
    ['a word outside the vocabulary', { text: 'w1 nonsense' }, '"nonsense"'],
    ['text without tokens', { text: '  ' }, 'the text has no tokens'],
    ['more than fits the model', { tokens: Array(34).fill(2) }, '34 tokens are more than'],
  ])('refuses %s with file and line, and writes nothing', async (_name, line, message) => {
    const paths = files([{ text: 'w1 w2' }, line, { text: 'w3' }]);
    const more = command === 'generate' ? ['--max-new-tokens', '4'] : [];
    const { code, stdout, stderr } = await runHere([command, '--model', model, '--in', paths.in, '--out', paths.out, ...more]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`memtrain: ${paths.in}:2: `);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(existsSync(paths.out)).toBe(false);
  });

  test('refuses an input that is not there, a folder without a model, and writing over the input', async () => {
    const paths = files([{ text: 'w1' }]);
    const run = (change: Record<string, string>): ReturnType<typeof runHere> =>
      runHere([command, ...Object.entries({ '--model': model, '--in': paths.in, '--out': paths.out, ...change }).flat()]);
    expect(await run({ '--in': join(root, 'none') })).toMatchObject({ code: 1, stderr: expect.stringContaining('no input file at') });
    expect(await run({ '--model': root })).toMatchObject({ code: 1, stderr: expect.stringContaining('has no config.json') });
    expect(await run({ '--out': paths.in })).toMatchObject({ code: 2, stderr: expect.stringContaining('write to another file') });
  });
});

test('memtrain generate refuses numbers out of range, and a budget without room for a prompt', async () => {
  const paths = files([{ text: 'w1' }]);
  const args = ['generate', '--model', model, '--in', paths.in, '--out', paths.out];
  expect(await runHere([...args, '--temperature', '-1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('from 0 to 100') });
  expect(await runHere([...args, '--max-new-tokens', '0'])).toMatchObject({ code: 2, stderr: expect.stringContaining('whole number') });
  expect(await runHere([...args, '--max-new-tokens', '32'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('leaves no room for a prompt'),
  });
});
