import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { CorpusDocument } from '@memtrain/corpus';
import { runHere } from './support/run-main.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const root = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);

/** Made-up prose in which names recur. */
function record(n: number): string {
  const names = ['Alba Marlow', 'Bruno Quint', 'Celia Sorrel', 'Dario Tamber', 'Elsa Underhay'];
  const sentences = Array.from(
    { length: 24 },
    (_, i) =>
      `In ${1850 + ((n * 7 + i * 3) % 90)} the painter ${names[(n + i) % 5]} came to Kestrel Bay and stayed there for some years with friends.`,
  );
  return JSON.stringify({ name: `Record ${n}`, body: sentences.join(' ') });
}
writeFileSync(at('records.jsonl'), Array.from({ length: 12 }, (_, n) => `${record(n)}\n`).join(''));
const build = [
  'corpus',
  'build',
  '--jsonl',
  at('records.jsonl'),
  '--field',
  'title=name',
  '--field',
  'text=body',
  '--preset',
  'tiny',
  '--documents',
  '3',
];

describe('memtrain corpus', () => {
  test('builds documents from named fields, checks them and exports them', async () => {
    const built = await runHere([...build, '--out', at('corpus')]);
    expect(built.code).toBe(0);
    expect(built.stdout).toMatch(/12 pages, 12 articles, \d+ passages, 3 documents, 0 bad records/);
    expect(built.stdout).toContain("related passages from the pivot's own article:");
    expect(await runHere(['corpus', 'check', at('corpus')])).toMatchObject({ code: 0, stdout: 'OK: 3 documents\n' });
    const exported = await runHere(['corpus', 'export', at('corpus'), '--format', 'plain', '--out', at('plain.jsonl')]);
    expect(exported).toMatchObject({ code: 0, stdout: expect.stringContaining('3 documents written') });
    expect(readFileSync(at('plain.jsonl'), 'utf8').trim().split('\n')).toHaveLength(3);
  });

  test.each([
    ['no source', ['corpus', 'build', '--out', at('x')], /nothing to read: give --dump/],
    ['an unknown preset', [...build, '--out', at('x'), '--preset', 'huge'], /Allowed choices are memtrain, tiny/],
    ['a field that is none', [...build, '--out', at('x'), '--field', 'body'], /Write it as text=body/],
    ['vectors without a model', [...build, '--out', at('x'), '--embeddings', 'http://localhost:1/v1'], /give --embeddings-model/],
    ['texts and entities', [...build, '--out', at('x'), '--texts', at('t'), '--entities', 'import:f'], /--texts comes before --entities/],
    ['unknown entities', [...build, '--out', at('x'), '--entities', 'spacy'], /Write default, onnx:FOLDER or import:FILE/],
    ['a table and a server', [...build, '--out', at('x'), '--lance', 'f', '--retrieve', 'http://localhost:1'], /not both/],
    ['two retrievers', [...build, '--out', at('x'), '--embeddings', 'f', '--retrieve', 'http://localhost:1'], /not both/],
    ['an unknown format', ['corpus', 'export', 'd', '--format', 'csv', '--out', at('x')], /Allowed choices are verl, trl, plain/],
  ])('ends with 2 for %s', async (_, args, message) => {
    const { code, stderr } = await runHere(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(existsSync(at('x'))).toBe(false);
  });

  test('counts with a tokenizer file of any name and kind, compared with the general tokenizer', async () => {
    const vocabulary = Object.fromEntries(['[UNK]', 'In', 'painter', 'years'].map((word, id) => [word, id]));
    const model = { type: 'WordLevel', vocab: vocabulary, unk_token: '[UNK]' };
    const file = {
      version: '1.0',
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'Whitespace' },
      post_processor: null,
      decoder: null,
      model,
    };
    writeFileSync(at('words.json'), JSON.stringify(file));
    const built = await runHere([...build, '--tokenizer', at('words.json'), '--out', at('words')]);
    expect(built.code).toBe(0);
    const { tokens } = JSON.parse(readFileSync(at('words', 'documents.jsonl'), 'utf8').split('\n')[0]!) as CorpusDocument;
    expect(tokens).toMatchObject({ exact: true, counter: 'tokenizer' });
    writeFileSync(at('bad.json'), '{');
    const failed = await runHere([...build, '--tokenizer', at('bad.json'), '--out', at('x')]);
    expect(failed.stderr).toMatch(/bad\.json is no tokenizer\.json/);
    expect(existsSync(at('x'))).toBe(false);
  });

  test('writes the texts for software that finds entities, then goes on with what it found', async () => {
    const own = [...build, '--out', at('spacy')];
    const written = await runHere([...own, '--texts', at('texts.jsonl')]);
    expect(written).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+ texts written: .*\nfind their entities, then run the same/),
    });
    const found = readFileSync(at('texts.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => {
        const { id, hash, text } = JSON.parse(line) as { id: string; hash: string; text: string };
        const ents = [...text.matchAll(/1[89]\d\d/g)].map(({ index }) => ({ start: index, end: index + 4, label: 'DATE' }));
        return JSON.stringify({ id, hash, ents });
      });
    writeFileSync(at('found.jsonl'), found.slice(1).join('\n'));
    const short = await runHere([...own, '--entities', `import:${at('found.jsonl')}`]);
    expect(short).toMatchObject({ code: 1, stderr: expect.stringContaining('write the texts again') });
    writeFileSync(at('found.jsonl'), found.join('\n'));
    const built = await runHere([...own, '--documents', '1', '--entities', `import:${at('found.jsonl')}`]);
    expect(built).toMatchObject({ code: 0, stdout: expect.stringMatching(/\[MASK\] = 1[89]\d\d \(date/) });
    expect(existsSync(at('spacy', '.build'))).toBe(false);
  });

  test('check names the line and the field that are wrong, and ends with 1', async () => {
    await runHere([...build, '--out', at('tampered')]);
    const file = at('tampered', 'documents.jsonl');
    const [first, ...rest] = readFileSync(file, 'utf8').trimEnd().split('\n');
    writeFileSync(file, `${[JSON.stringify({ ...(JSON.parse(first!) as object), occurrences: 99 }), ...rest].join('\n')}\n`);
    const { code, stdout, stderr } = await runHere(['corpus', 'check', at('tampered')]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/documents\.jsonl, line 1, occurrences: /);
    expect(stderr).toMatch(/problems in .*build the documents again/);
  });

  test('probes a model without the documents, and leaves out what it knows', async () => {
    const path = at('corpus', 'documents.jsonl');
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    const { answer } = JSON.parse(lines[0]!) as CorpusDocument;
    const asked: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (data: Buffer) => (body += data.toString()));
      request.on('end', () => {
        asked.push((JSON.parse(body) as { messages: { content: string }[] }).messages[0]!.content);
        const message = { role: 'assistant', content: `\\boxed{${answer}}` };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }] }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
      const own = ['--base-url', baseUrl, '--model', 'm', '--out', at('probe.json'), '--drop-to', at('unknown.jsonl')];
      const { code, stdout } = await runHere(['corpus', 'probe', path, ...own]);
      expect(code).toBe(0);
      const known = lines.filter((line) => (JSON.parse(line) as CorpusDocument).answer === answer).length;
      expect(stdout).toContain(`${known} of 3 answers known without reading`);
      expect(stdout).toContain(`${3 - known} documents written`);
      expect(JSON.parse(readFileSync(at('probe.json'), 'utf8'))).toMatchObject({ documents: 3, solved: known });
      expect(readFileSync(at('unknown.jsonl'), 'utf8')).not.toContain(lines[0]);
      expect(asked).toHaveLength(6);
      expect(asked.filter((text) => text.startsWith('Memory: No previous memory'))).toHaveLength(3);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('says which fields a dataset has when the text is not found', async () => {
    const { code, stderr } = await runHere(['corpus', 'build', '--jsonl', at('records.jsonl'), '--out', at('rejected')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/12 of 12 records are bad.*the record has name, body/);
    expect(readdirSync(at('rejected'))).toEqual(['.build']);
  });
});
