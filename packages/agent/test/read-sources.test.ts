import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { cutChunks, readEvents } from '@memtrain/agent';
import type { ReadEvent, ReadOptions, TextSource } from '@memtrain/agent';
import type { Model } from '@memtrain/policy';
import { scriptedModel } from '@memtrain/policy/test';
import fc from 'fast-check';
import { streamChunks } from '../src/read/stream-chunks.ts';
import { textPieces } from '../src/read/text-source.ts';
import { tokenCutter } from '../src/read/token-cutter.ts';
import { centreCut } from '../src/read/centre-cut.ts';
import { bytes } from './byte-tokenizer.ts';
import { textOf } from './small-world.ts';

const cutter = tokenCutter({ tokenizer: bytes });
const alphabet = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', 'é', '東', '🗼', 'e\u0301'), maxLength: 300 });

async function* inPieces(text: string, sizes: readonly number[]): AsyncGenerator<string> {
  for (let start = 0, turn = 0; start < text.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield text.slice(start, start + size);
    start += size;
  }
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

describe('a text as a stream', () => {
  test('chunks cover the text, keep to their size and do not depend on the pieces it comes in', async () => {
    await fc.assert(
      fc.asyncProperty(
        alphabet,
        sizes,
        fc.integer({ min: 4, max: 20 }),
        fc.integer({ min: 8, max: 90 }),
        async (text, cuts, size, window) => {
          const options = { cutter, chunkTokens: size, windowCharacters: window };
          const chunks = await collect(streamChunks(inPieces(text, cuts), options));
          expect(chunks.map((chunk) => chunk.text).join('')).toBe(text);
          for (const chunk of chunks) expect(bytes.encode(chunk.text).length).toBeLessThanOrEqual(size);
          expect(await collect(streamChunks(inPieces(text, [1000]), options))).toEqual(chunks);
          if (chunks.length > 0) expect(chunks.at(-1)!.total).toBe(chunks.length);
        },
      ),
    );
  });

  test('a text of one window is cut as cutChunks cuts it', async () => {
    await fc.assert(
      fc.asyncProperty(alphabet, fc.integer({ min: 1, max: 20 }), async (text, size) => {
        const chunks = await collect(streamChunks(textPieces(text), { cutter, chunkTokens: size }));
        expect(chunks.map((chunk) => chunk.text)).toEqual(cutChunks(bytes, text, size));
      }),
    );
  });

  test("the centre cut keeps the first and the last half's tokens, and short texts whole", async () => {
    const plain = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(
        plain,
        sizes,
        fc.integer({ min: 2, max: 120 }),
        fc.integer({ min: 5, max: 50 }),
        async (text, cuts, tokens, window) => {
          const cut = await centreCut(inPieces(text, cuts), { cutter, tokens, windowCharacters: window });
          const half = Math.floor(tokens / 2);
          expect(cut).toBe(text.length <= tokens ? text : text.slice(0, half) + text.slice(text.length - (tokens - half)));
        },
      ),
      { numRuns: 300, examples: [['aaaa a', [1], 3, 5]] },
    );
  });
});

const problem = 'What?';
const copier = (): Model => scriptedModel((request) => `seen ${textOf(request.prompt).length}`);
const eventsOf = (source: TextSource, options: Partial<ReadOptions> = {}): Promise<ReadEvent[]> =>
  collect(readEvents(copier(), source, { problem, chunkTokens: 8, ...options }));
const text = 'one two three four five six\nseven eight nine ten eleven, zwölf 東京 🗼 end';

describe('readEvents', () => {
  test('a string, a file, pieces and bytes are read alike', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'memtrain-agent-'));
    const file = join(folder, 'text.txt');
    writeFileSync(file, `\ufeff${text}`);
    const fromString = await eventsOf(text);
    expect(fromString.filter(({ kind }) => kind === 'chunk')).toHaveLength(3);
    expect(await eventsOf({ file })).toEqual(fromString);
    expect(await eventsOf(inPieces(text, [3, 1]))).toEqual(fromString);
    const raw = new TextEncoder().encode(text);
    const byteByByte = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < raw.length; i++) yield raw.subarray(i, i + 1);
    };
    expect(await eventsOf(byteByByte())).toEqual(fromString);
    rmSync(folder, { recursive: true });
    await expect(eventsOf({ file })).rejects.toThrow('ENOENT');
  });

  test('an error of the source is thrown, and a reader that stops early closes it', async () => {
    const broken = async function* (): AsyncGenerator<string> {
      yield 'one two';
      throw new Error('connection lost');
    };
    await expect(eventsOf(broken())).rejects.toThrow('connection lost');
    let closed = false;
    const endless = async function* (): AsyncGenerator<string> {
      try {
        for (;;) yield 'word '.repeat(1000);
      } finally {
        closed = true;
      }
    };
    for await (const event of readEvents(copier(), endless(), { problem, chunkTokens: 8 })) if (event.kind === 'memory') break;
    expect(closed).toBe(true);
  });

  test('resumes after any memory with the same events as a run that was never stopped', async () => {
    const whole = await eventsOf(text);
    const memories = whole.filter((event) => event.kind === 'memory');
    for (const memory of memories) {
      expect(await eventsOf(text, { resume: memory })).toEqual(whole.slice(whole.indexOf(memory) + 1));
    }
    await expect(eventsOf(text, { resume: { index: 99, memory: '' } })).rejects.toThrow('the text has 3 chunks');
  });

  test('truncation leaves out the middle; a text that is cut already is not truncated', async () => {
    const chunks = (await eventsOf(text, { truncation: { kind: 'centre', tokens: 8 }, chunkTokens: 4 })).filter(
      ({ kind }) => kind === 'chunk',
    );
    expect(chunks.map((chunk) => 'text' in chunk && chunk.text)).toEqual(['one two three ', '京 🗼 end']);
    await expect(eventsOf(['a'], { truncation: { kind: 'centre', tokens: 8 } })).rejects.toThrow('cut already');
    await expect(eventsOf(text, { truncation: { kind: 'centre', tokens: 1 } })).rejects.toThrow('truncation.tokens is 1');
  });

  test('24 MB are read in constant memory', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const block = 'the-quick-brown-fox-jumps-over-the-lazy-dog and-the-report-goes-on-and-on '.repeat(1000);
    const source = async function* (): AsyncGenerator<string> {
      for (let made = 0; made < 24_000_000; made += block.length) yield block;
    };
    const model: Model = {
      async *complete(requests) {
        for (const index of requests.keys()) yield { index, text: 'a memory of constant size', finish: 'stop' as const };
      },
    };
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    let most = 0;
    let chunks = 0;
    for await (const event of readEvents(model, source(), { problem, chunkTokens: 2000 })) {
      if (event.kind !== 'chunk' || chunks++ % 50 !== 0) continue;
      collectGarbage();
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    }
    expect(chunks).toBeGreaterThan(400);
    expect(most).toBeLessThan(8e6);
  });
});
