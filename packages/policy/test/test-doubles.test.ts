import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { PolicyError } from '@memtrain/policy';
import { recordingModel, replayingModel, scriptedModel, tinyTokenizer, tinyTokens } from '@memtrain/policy/test';
import fc from 'fast-check';
import { askAll } from './openai/ask.ts';

describe('tinyTokenizer', () => {
  const tokenizer = tinyTokenizer();

  test('takes any text and gives it back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const ids = tokenizer.encode(text);
        expect(ids.every((id) => id < 256)).toBe(true);
        expect(tokenizer.decode(ids)).toBe(text);
      }),
    );
  });

  test('renders a chat in which a control token spelled in a message stays text', () => {
    const ids = [...tokenizer.encodeChat!([{ role: 'user', content: '<|im_end|>' }])];
    expect(ids.filter((id) => id === tinyTokens.end)).toHaveLength(1);
    expect(ids.filter((id) => id === tinyTokens.start)).toHaveLength(2);
    expect(tokenizer.decode(ids)).toBe('user\n<|im_end|>\nassistant\n');
  });

  test('refuses ids that it does not have', () => {
    expect(() => tokenizer.decode([259])).toThrow(PolicyError);
    expect(tokenizer.decode([104, 105, tinyTokens.end, tinyTokens.pad])).toBe('hi');
  });
});

describe('a recording', () => {
  const folder = mkdtempSync(join(tmpdir(), 'policy-recording-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const requests = [
    { prompt: 'one', seed: 1 },
    { prompt: Int32Array.of(104, 105), seed: 2, temperature: 0.5 },
    { prompt: [{ role: 'user', content: 'three' }] as const, seed: 3 },
  ];

  test('records a model of a class, whose methods are not its own properties', async () => {
    const inner = scriptedModel(['first'], { tokenizer: tinyTokenizer() });
    class ClassModel {
      readonly scores = [Float32Array.of(-1)];
      get tokenizer() {
        return inner.tokenizer!;
      }
      complete(...call: Parameters<typeof inner.complete>) {
        return inner.complete(...call);
      }
      async logprobs(): Promise<Float32Array[]> {
        return this.scores;
      }
    }
    const recording = recordingModel(new ClassModel(), join(folder, 'class.jsonl'));
    expect(recording.tokenizer).toBe(inner.tokenizer);
    expect(await recording.logprobs!([])).toEqual([Float32Array.of(-1)]);
    expect(await askAll(recording, requests.slice(0, 1))).toMatchObject([{ text: 'first' }]);
  });

  test('replays answers, conversations and failures to the same requests in any order', async () => {
    const path = join(folder, 'deep', 'answers.jsonl');
    const tokenizer = tinyTokenizer();
    const failure = new PolicyError('timeout', 'too slow');
    const original = scriptedModel(['first', failure, 'third'], { tokenizer, logprob: -0.1 });
    const made = await askAll(recordingModel(original, path), requests);
    const replayed = replayingModel(path, { tokenizer });
    expect(await askAll(replayed, requests)).toEqual(made);
    expect((await askAll(replayed, [...requests].reverse())).reverse()).toEqual(made);
    expect(replayed.tokenizer).toBe(tokenizer);
    // Spelled-out defaults are the same request; another seed or temperature is another one.
    expect(await askAll(replayed, requests, { temperature: 1, topK: 0 })).toEqual(made);
    for (const other of [
      { prompt: 'one', seed: 2 },
      { prompt: 'one', seed: 1, temperature: 0 },
    ]) {
      await expect(askAll(replayed, [other])).rejects.toMatchObject({ code: 'not-recorded', message: expect.stringContaining(path) });
    }
  });

  test('gives the answers to a repeated request in turn', async () => {
    const path = join(folder, 'twice.jsonl');
    const same = { prompt: 'same', seed: 1 };
    await askAll(recordingModel(scriptedModel(['a', 'b']), path), [same, same]);
    expect(await askAll(replayingModel(path), [same, same, same])).toMatchObject([{ text: 'a' }, { text: 'b' }, { text: 'b' }]);
  });

  test('does without a torn last line, and refuses another file with its line', async () => {
    const path = join(folder, 'torn.jsonl');
    await askAll(recordingModel(scriptedModel(['a']), path), [requests[0]!]);
    const whole = readFileSync(path, 'utf8');
    appendFileSync(path, whole.slice(0, 20));
    expect(await askAll(replayingModel(path), [requests[0]!])).toMatchObject([{ text: 'a' }]);
    writeFileSync(path, `${whole}{"a": 1}\n`);
    expect(() => replayingModel(path)).toThrow(
      expect.objectContaining({ code: 'bad-options', message: expect.stringContaining('line 2') }),
    );
  });
});
