import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { httpRetriever, search, searchQuestions, searchTemplates } from '@memtrain/agent';
import type { RetrievedPassage, SearchOptions, SearchReply } from '@memtrain/agent';
import { scriptedModel } from '@memtrain/policy/test';
import fc from 'fast-check';
import { textOf } from './small-world.ts';

const corpus: readonly RetrievedPassage[] = [
  { id: '1', title: 'Anna', text: 'Anna was born in Rome.' },
  { id: '2', title: 'Rome', text: 'Rome is the capital of Italy.' },
  { id: '3', title: 'Italy', text: 'Italy joined in 1958.' },
];
const retriever = (query: string): RetrievedPassage[] => corpus.filter(({ text }) => text.includes(query));
const prompts = (model: { requests: readonly { prompt: Parameters<typeof textOf>[0] }[] }): string[] =>
  model.requests.map(({ prompt }) => textOf(prompt));

describe('search', () => {
  test('each turn sees the question, the last reply and its results, and nothing older', async () => {
    const model = scriptedModel([
      '<state>start</state><search>Anna</search> and then <answer>no</answer>',
      '<state>Anna: Rome</state>\n<search> Italy </search>',
      '<state>done</state><answer> Italy </answer>',
    ]);
    const found = await search(model, 'In which country was Anna born?', { retriever });
    expect(found).toMatchObject({ answer: 'Italy', end: 'answered' });
    expect(found.turns.map(({ state, query }) => [state, query])).toEqual([
      ['start', 'Anna'],
      ['Anna: Rome', 'Italy'],
      ['done', undefined],
    ]);
    const [first, second, third] = prompts(model);
    expect(first).toContain('Question: In which country was Anna born?');
    expect(first).not.toContain('<information>\n');
    expect(second!.startsWith(first!)).toBe(true);
    expect(second).toContain(
      '<state>start</state><search>Anna</search>\n\n<information>\n[HINT] You have 5 turns left.\nDoc 1(Title: Anna) Anna was born in Rome.\n</information>',
    );
    expect(second).not.toContain('<answer>no</answer>');
    expect(third).not.toContain('start');
    expect(third).toContain('You have 4 turns left.\nDoc 1(Title: Rome) Rome is the capital of Italy.\nDoc 2(Title: Italy)');
    expect(model.requests[0]).toMatchObject({ stop: ['</search>', '</answer>'], maxTokens: 1024 });
    expect(new Set(model.requests.map(({ seed }) => seed)).size).toBe(3);
  });

  test('the last turn is announced, and a search in it ends the trajectory', async () => {
    const model = scriptedModel(() => '<state>s</state><search>Rome</search>');
    expect(await search(model, '?', { retriever, turns: 3 })).toMatchObject({ end: 'turns', turns: { length: 3 } });
    expect(prompts(model)[2]).toContain('[HINT] This is your last turn: give the answer.');
    expect(model.requests).toHaveLength(3);
  });

  test('a reply without a valid action ends it, or is corrected at the cost of a turn', async () => {
    const replies = ['I think it is Rome', '<search>  </search>', '<answer>Rome</answer>'];
    expect(await search(scriptedModel(replies), '?', { retriever })).toMatchObject({ end: 'no-answer', turns: { length: 1 } });
    const model = scriptedModel(replies);
    expect(await search(model, '?', { retriever, invalidAction: 'correct' })).toMatchObject({ end: 'answered', answer: 'Rome' });
    expect(prompts(model)[2]).toContain('[HINT] You have 4 turns left.\nThe last reply held no valid action');
    expect(await search(scriptedModel(replies), '?', { retriever, invalidAction: 'correct', turns: 2 })).toMatchObject({ end: 'turns' });
  });

  test('results are cut to their budget, and the closing tag stays', async () => {
    const long = [{ text: 'word '.repeat(500) }];
    const model = scriptedModel(['<search>x</search>', '<answer>y</answer>']);
    await search(model, '?', { retriever: () => long, resultTokens: 40 });
    const information = /<information>\n\[HINT\].*\n([^]*)\n<\/information>/.exec(prompts(model)[1]!)![1]!;
    expect(information.trim().split(' ')).toHaveLength(30);
    const empty = scriptedModel(['<search>x</search>', '<answer>y</answer>']);
    await search(empty, '?', { retriever: () => [] });
    expect(prompts(empty)[1]).toContain('Nothing was found.');
  });

  test('many questions: a failed call or search is a record with its reason, and the others go on', async () => {
    const model = scriptedModel((_request, text) => {
      if (text.includes('busy')) return new Error('503');
      return text.includes('[HINT]') ? '<answer>Rome</answer>' : `<search>${/Question: (\w+)/.exec(text)![1]}</search>`;
    });
    const items = ['Anna', 'busy', 'down'].map((question) => ({ id: question, question, seed: 1 }));
    const options: SearchOptions = {
      retriever: (query) => {
        if (query === 'down') throw new Error('index gone');
        return retriever(query);
      },
      mode: 'continuous',
    };
    const found = await searchQuestions(model, items, options);
    expect(found.map(({ id, end, error }) => [id, end, error?.message])).toEqual([
      ['Anna', 'answered', undefined],
      ['busy', 'model-error', '503'],
      ['down', 'retriever-error', 'index gone'],
    ]);
    expect(await searchQuestions(model, items, { ...options, mode: 'wave' })).toEqual(found);
  });

  test('refuses what cannot work before any call', async () => {
    const model = scriptedModel([]);
    await expect(search(model, '?', { retriever, turns: 0 })).rejects.toThrow('turns is 0');
    await expect(search(model, '?', { retriever: 'no url' })).rejects.toThrow('is no URL');
    expect(() => httpRetriever('http://127.0.0.1:9', { concurrency: 0 })).toThrow('concurrency is 0');
    expect(() => httpRetriever('http://127.0.0.1:9', { timeoutMs: NaN })).toThrow('timeoutMs is NaN');
    await expect(search(model, '?', { retriever, template: 'other' as 'state' })).rejects.toThrow('there is no search template "other"');
    await expect(search(model, '?', { retriever, contextTokens: 3000 })).rejects.toThrow(/a turn needs about 3\d\d\d tokens/);
  });
});

describe("a reply's action", () => {
  const parse = (text: string, finish: 'stop' | 'length' = 'stop'): SearchReply => searchTemplates.state.parse(text, finish);

  test.each<[string, SearchReply['action'], string]>([
    ['<search>a</search>', { kind: 'search', query: 'a' }, '<search>a</search>'],
    ['<answer>a</answer><search>b</search>', { kind: 'answer', answer: 'a' }, '<answer>a</answer>'],
    [
      '<state>try <search>x</search></state><answer>b</answer>',
      { kind: 'answer', answer: 'b' },
      '<state>try <search>x</search></state><answer>b</answer>',
    ],
    [
      '<state>s</state><search>cut by the stop string',
      { kind: 'search', query: 'cut by the stop string' },
      '<state>s</state><search>cut by the stop string</search>',
    ],
    ['<answer>open <search>q</search>', { kind: 'search', query: 'q' }, '<answer>open <search>q</search>'],
    ['nothing', { kind: 'invalid' }, 'nothing'],
    ['<answer></answer>', { kind: 'invalid' }, '<answer></answer>'],
    ['</search>x<search>', { kind: 'invalid' }, '</search>x<search></search>'],
  ])('%j', (text, action, kept) => {
    expect(parse(text).action).toEqual(action);
    expect(parse(text).text).toBe(kept);
  });

  test('an action that the token limit cut is none', () => {
    expect(parse('<search>half a que', 'length').action).toEqual({ kind: 'invalid' });
    expect(parse('<search>all</search> and mo', 'length').action).toEqual({ kind: 'search', query: 'all' });
  });

  test('is found or not in any text, without throwing', () => {
    const tags = fc.constantFrom('<search>', '</search>', '<answer>', '</answer>', '<state>', '</state>', 'a', ' ', '<');
    fc.assert(
      fc.property(fc.array(tags, { maxLength: 12 }), fc.constantFrom('stop', 'length'), (parts, finish) => {
        const { action, text } = parse(parts.join(''), finish);
        if (action.kind === 'invalid') return;
        expect(text.endsWith(`</${action.kind}>`)).toBe(true);
        expect('query' in action ? action.query : action.answer).not.toBe('');
      }),
    );
  });

  test('mem1 keeps its state in think tags', () => {
    expect(searchTemplates.mem1.parse('<think>s</think><answer>a</answer>', 'stop')).toMatchObject({
      state: 's',
      action: { kind: 'answer' },
    });
  });
});

describe('httpRetriever', () => {
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (data: Buffer) => (text += data.toString()));
    request.on('end', () => {
      bodies.push(JSON.parse(text));
      if (request.url === '/slow/retrieve') return;
      response.statusCode = request.url === '/broken/retrieve' ? 500 : 200;
      const document = { id: '7', contents: '"Anna"\nAnna was born in Rome.' };
      response.end(JSON.stringify(request.url === '/odd/retrieve' ? { hits: [] } : { result: [[{ document, score: 1.5 }]] }));
    });
  });
  let address = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test("speaks Search-R1's protocol", async () => {
    expect(await httpRetriever(address)('who', { topK: 3 })).toEqual([
      { id: '7', title: 'Anna', text: 'Anna was born in Rome.', score: 1.5 },
    ]);
    expect(bodies).toEqual([{ queries: ['who'], topk: 3, return_scores: true }]);
    const model = scriptedModel(['<search>Anna</search>', '<answer>Rome</answer>']);
    expect(await search(model, '?', { retriever: `${address}/retrieve` })).toMatchObject({ end: 'answered' });
    expect(prompts(model)[1]).toContain('Doc 1(Title: Anna) Anna was born in Rome.');
  });

  test.each([
    ['/broken', 'answered 500'],
    ['/odd', 'does it speak the protocol?'],
    ['/slow', 'did not answer within 50 ms'],
  ])('%s: says what is wrong', async (path, message) => {
    const ask = httpRetriever(`${address}${path}`, { timeoutMs: path === '/slow' ? 50 : 30_000 });
    await expect(ask('who', { topK: 3 })).rejects.toMatchObject({ code: 'retriever-failed', message: expect.stringContaining(message) });
  });

  test('a server that is down is a record of each trajectory', async () => {
    const found = await search(scriptedModel(['<search>x</search>']), '?', { retriever: 'http://127.0.0.1:9/' });
    expect(found).toMatchObject({ end: 'retriever-error', error: { code: 'retriever-failed' } });
    expect(found.error!.message).toContain('http://127.0.0.1:9/retrieve cannot be reached: is it running?');
  });

  test('an abort is not taken for a failure of the server', async () => {
    const controller = new AbortController();
    const asked = httpRetriever(`${address}/slow`)('who', { topK: 1, signal: controller.signal });
    controller.abort(new Error('stopped'));
    await expect(asked).rejects.toThrow('stopped');
  });
});
