import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { httpRetriever, search } from '@memtrain/agent';
import { scriptedModel } from '@memtrain/policy/test';
import { runServeRetriever } from '../src/commands/run-serve-retriever.ts';
import type { ServeRetrieverCommandOptions } from '../src/commands/serve-retriever.ts';
import { commandContext } from './support/command-context.ts';
import { runHere, runMain } from './support/run-main.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const root = temporaryFolder();
const passages = [
  { id: 'anna', contents: '"Anna"\nAnna was born in Rome, near the river.' },
  { id: 'rome', contents: '"Rome"\nRome is the capital of Italy.' },
  { id: 'felines', contents: '"Cats"\nA tomcat sleeps.' },
];
const corpus = join(root, 'corpus.jsonl');
writeFileSync(corpus, passages.map((row) => `${JSON.stringify(row)}\n`).join(''));
const defaults: ServeRetrieverCommandOptions = {
  kind: 'bm25',
  host: '127.0.0.1',
  port: 0,
  topk: 3,
  k1: 1.2,
  b: 0.75,
  queryPrefix: '',
  passagePrefix: '',
};

/** Runs the command in this process while `use` has the server's address. */
async function whileServed<T>(options: Partial<ServeRetrieverCommandOptions>, use: (url: string) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const context = commandContext(controller.signal);
  const served = runServeRetriever({ ...defaults, ...options }, context);
  try {
    while (context.lines.length === 0) await Promise.race([served, new Promise((resolve) => setTimeout(resolve, 5))]);
    return await use(/http:\S+\/retrieve/.exec(context.lines[0]!)![0]);
  } finally {
    controller.abort();
    await served;
  }
}
const ids = async (url: string, query = 'anything', topK = 3): Promise<unknown[]> =>
  (await httpRetriever(url)(query, { topK })).map(({ id }) => id);

describe('memtrain serve-retriever', () => {
  test('indexes a corpus, serves it until Ctrl-C, and ends with 0', async () => {
    let found: unknown;
    const { code, stdout, stderr } = await runMain(['serve-retriever', '--corpus', corpus, '--port', '0'], (child) => {
      child.stdout!.once('data', (line: Buffer) => {
        const url = /http:\S+\/retrieve/.exec(line.toString())![0];
        void Promise.resolve(httpRetriever(url)('Where was Anna born?', { topK: 1 }))
          .then((answer) => (found = answer))
          .finally(() => child.kill('SIGINT'));
      });
    });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^3 passages of corpus\.jsonl \(bm25\) at http:\/\/127\.0\.0\.1:\d+\/retrieve; stop with Ctrl-C\n$/),
    });
    expect(stderr).toContain('stopping');
    expect(found).toEqual([{ id: 'anna', title: 'Anna', text: 'Anna was born in Rome, near the river.', score: expect.closeTo(0.938, 3) }]);
  });

  test('an index is opened without its corpus, and says in /health what it holds', async () => {
    const index = join(root, 'apart');
    await whileServed({ corpus, index }, async (url) => expect(await ids(url, 'capital Rome')).toEqual(['rome', 'anna']));
    const health = await whileServed({ index }, async (url) => (await fetch(new URL('/health', url))).json());
    expect(health).toMatchObject({ status: 'healthy', kind: 'bm25', passages: 3, corpus: { name: 'corpus.jsonl' } });
  });

  test('is the search tool of an agent, end to end', async () => {
    const model = scriptedModel((_request, prompt, call) => {
      if (call === 0) return '<state></state><search>Where was Anna born?</search>';
      const [, city = 'nowhere'] = /born in (\w+)/.exec(prompt.slice(prompt.lastIndexOf('<information>'))) ?? [];
      return call === 1 ? `<state>${city}</state><search>${city} capital</search>` : '<state></state><answer>Italy</answer>';
    });
    const found = await whileServed({ corpus }, (retriever) => search(model, 'Of which country is it the capital?', { retriever }));
    expect(found).toMatchObject({ answer: 'Italy', end: 'answered', turns: [{}, { query: 'Rome capital' }, {}] });
    expect(JSON.stringify(model.requests[2]!.prompt)).toContain('Doc 1(Title: Rome) Rome is the capital of Italy.');
  });

  test.each([
    [[], 'give --corpus FILE.jsonl, --index FOLDER, or both', 2],
    [['--index', 'x', '--kind', 'dense'], 'needs --embeddings', 2],
    [['--index', 'x', '--kind', 'hybrid', '--embeddings', 'http://x/v1'], 'needs --embeddings-model', 2],
    [['--index', 'x', '--b', '2'], '--b from 0 to 1', 2],
    [['--index', 'x', '--kind', 'exact'], 'Allowed choices', 2],
    [['--index', 'no-such-index'], 'no index in no-such-index', 1],
    [['--corpus', 'no-such-corpus'], 'no corpus file at no-such-corpus', 1],
  ])('%j is an error of one line', async (args, message, expected) => {
    const { code, stderr } = await runHere(['serve-retriever', ...args]);
    expect(stderr.split('\n').filter((line) => line.startsWith('memtrain:'))).toEqual([expect.stringContaining(message)]);
    expect(code).toBe(expected);
  });
});

describe('dense and hybrid', () => {
  let server: Server;
  let base: string;
  let embedded: string[] = [];
  // Words of like meaning share a direction.
  const axes = [
    ['anna', 'woman', 'person'],
    ['rome', 'italy', 'city'],
    ['tomcat', 'cats', 'kitten', 'animal'],
  ];
  const vectorOf = (text: string): number[] =>
    axes.map(
      (words) =>
        0.01 +
        words.filter((word) =>
          text
            .toLowerCase()
            .split(/[^a-z]+/)
            .includes(word),
        ).length,
    );
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        const { input } = JSON.parse(body) as { input: string[] };
        embedded.push(...input);
        response.end(JSON.stringify({ data: input.map((text, index) => ({ index, embedding: vectorOf(text) })) }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('dense finds what shares no word, embeds passages once, and sends the prefixes', async () => {
    const options = {
      corpus,
      kind: 'dense',
      embeddings: base,
      embeddingsModel: 'tiny',
      queryPrefix: 'query: ',
      passagePrefix: 'passage: ',
    } as const;
    embedded = [];
    await whileServed(options, async (url) => expect(await ids(url, 'kitten', 1)).toEqual(['felines']));
    expect(embedded).toEqual([
      'passage: Anna\nAnna was born in Rome, near the river.',
      'passage: Rome\nRome is the capital of Italy.',
      'passage: Cats\nA tomcat sleeps.',
      'query: kitten',
    ]);
    embedded = [];
    await whileServed(options, async (url) => expect(await ids(url, 'woman')).toEqual(['anna', 'rome', 'felines']));
    expect(embedded).toEqual(['query: woman']);
    await expect(whileServed({ ...options, embeddingsModel: 'other' }, ids)).rejects.toMatchObject({ code: 'other-config' });
    writeFileSync(join(`${corpus}.index`, 'vectors-00000.bin'), 'cut');
    await expect(whileServed(options, ids)).rejects.toThrow(/vectors-00000\.bin is damaged: delete it/);
  });

  test('hybrid joins both by reciprocal ranks', async () => {
    const options = { corpus, index: join(root, 'hybrid'), kind: 'hybrid', embeddings: base, embeddingsModel: 'tiny' } as const;
    const scores = await whileServed(options, async (url) => httpRetriever(url)('river kitten', { topK: 2 }));
    // BM25: anna first and alone; vectors: felines, then anna and rome.
    expect(scores.map(({ id, score }) => [id, score!.toFixed(6)])).toEqual([
      ['anna', (1 / 61 + 1 / 62).toFixed(6)],
      ['felines', (1 / 61).toFixed(6)],
    ]);
    expect(JSON.parse(readFileSync(join(root, 'hybrid', 'vectors.json'), 'utf8'))).toMatchObject({ name: 'tiny' });
  });
});
