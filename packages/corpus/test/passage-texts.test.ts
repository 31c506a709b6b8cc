import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildCorpus, writePassageTexts } from '../src/index.ts';
import type { BuildCorpusOptions } from '../src/index.ts';
import { indexLines, lineOf } from '../src/entities/line-index.ts';
import { textHash } from '../src/entities/text-hash.ts';
import { temporaryFolder, tinyPages, writeDump } from './support/tiny-dump.ts';

const PLACES = /\b(?:Kestrel Bay|Ormond|Pinehurst|Redwater)\b/g;

interface TextLine {
  readonly id: string;
  readonly hash: string;
  readonly text: string;
}

interface FoundLine {
  readonly id: string;
  readonly hash: string;
  readonly ents: readonly { readonly start: number; readonly end: number; readonly label: string }[];
}

let folder: string;
let options: Omit<BuildCorpusOptions, 'out'>;
let texts: TextLine[];
/** What the script of docs/corpus.md writes: offsets count code points. */
let found: FoundLine[];

const linesOf = (values: readonly object[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const documentsOf = (out: string): Promise<string> => readFile(join(out, 'documents.jsonl'), 'utf8');

beforeAll(async () => {
  folder = await temporaryFolder();
  const pages = tinyPages(24).map(({ title, text }, i) => ({
    title,
    text: i % 2 === 0 ? text : text.replaceAll('the', '🙂 [\\MASK] the'),
  }));
  options = { dump: await writeDump(folder, pages), documents: 8, preset: 'tiny', seed: 3, shares: { work: 1 } };
  const file = join(folder, 'new', 'texts.jsonl');
  const { passages } = await writePassageTexts(file, { ...options, out: join(folder, 'out') });
  texts = (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as TextLine);
  expect(texts).toHaveLength(passages);
  const codePoints = (text: string): number => [...text].length;
  found = texts.map(({ id, hash, text }) => {
    const ents = [...text.matchAll(PLACES)].map(({ 0: name, index }) => {
      const start = codePoints(text.slice(0, index));
      return { start, end: start + codePoints(name), label: 'LAW' };
    });
    return { id, hash, ents };
  });
});

async function build(name: string, lines: readonly object[]): Promise<{ documents: string; stages: Set<string> }> {
  const file = join(folder, `${name}.jsonl`);
  await writeFile(file, linesOf(lines));
  const stages = new Set<string>();
  const out = join(folder, 'out');
  await buildCorpus({ ...options, out, entities: { import: file }, onProgress: ({ stage }) => stages.add(stage) });
  return { documents: await documentsOf(out), stages };
}

describe('texts for software that finds entities', () => {
  test('are those that are masked: placeholders of the source are escaped', () => {
    expect(texts.some(({ text }) => text.includes('🙂 [\\\\MASK] the'))).toBe(true);
    for (const { hash, text } of texts) expect(hash).toBe(textHash(text));
    expect(new Set(texts.map(({ id }) => id)).size).toBe(texts.length);
  });

  const other = { id: '1-0', hash: '0'.repeat(32), ents: [] };
  test.each([
    ['a missing line', (): object[] => found.slice(1), /no line for 1 of \d+ passages; the first of them is \S+-0\./],
    ['another text', (): object[] => [{ ...other, id: found[0]!.id }, ...found.slice(1)], /knows 1 of \d+ .* is \S+-0 \(line 1\)/],
    [
      'an offset outside of the text',
      (): object[] => [...found.slice(0, -1), { ...found.at(-1)!, ents: [{ start: 0, end: 99_999, label: 'GPE' }] }],
      /GPE from 0 to 99999 lies outside of the text \S+, which has \d+ characters/,
    ],
  ])('%s stops the build before it makes documents; the passages are kept', async (_, lines, message) => {
    await expect(build('bad', lines())).rejects.toMatchObject({ code: 'bad-entities', message: expect.stringMatching(message) });
    expect(existsSync(join(folder, 'out', '.build'))).toBe(true);
    expect(existsSync(join(folder, 'out', 'documents.jsonl'))).toBe(false);
  });

  test('a line that says of no text is found before anything is read', async () => {
    await expect(build('worse', [{ id: '1-0', ents: [] }])).rejects.toMatchObject({
      code: 'bad-source',
      message: expect.stringMatching(/line 1.*the text, or its hash, is missing/),
    });
    await expect(build('worse', [{ ...other, hash: 'abc' }])).rejects.toThrow(/line 1, hash: a hash has 32 hexadecimal digits/);
  });

  test('the build goes on from the passages without reading, in any order of the lines, to the documents of one that reads', async () => {
    const { documents, stages } = await build('good', found.toReversed());
    expect([...stages]).toEqual(['index', 'documents']);
    const whole = join(folder, 'whole');
    await buildCorpus({ ...options, out: whole, entities: { import: join(folder, 'good.jsonl') } });
    expect(documents).toBe(await documentsOf(whole));
    for (const line of documents.trimEnd().split('\n')) {
      const { answer, foundBy } = JSON.parse(line) as { answer: string; foundBy: string };
      expect([answer.replace(PLACES, ''), foundBy]).toEqual(['', 'import']);
    }
    // The same entities beside their texts, as spaCy's to_json has them.
    const byText = await build(
      'by-text',
      found.map(({ ents }, i) => ({ text: texts[i]!.text, ents })),
    );
    expect(byText.documents).toBe(documents);
  });

  test('the script of docs/corpus.md reads and writes the fields that are written and read here', async () => {
    const script = /```python\n([^]*?)```/.exec(await readFile(join(import.meta.dirname, '../../../docs/corpus.md'), 'utf8'))![1]!;
    for (const field of script.matchAll(/line\["(\w+)"\]/g)) expect(Object.keys(texts[0]!)).toContain(field[1]);
    const written = [...script.matchAll(/"(\w+)":/g)].map(([, field]) => field);
    expect(written).toEqual([...Object.keys(found.flatMap(({ ents }) => ents)[0]!), ...Object.keys(found[0]!)]);
  });
});

test('every line is found by its hash, the first of equal ones; empty lines are none', async () => {
  const path = join(folder, 'lines');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), fc.boolean(), async (values, endsOpen) => {
      const written = values
        .map((value) => JSON.stringify(value).replaceAll('" "', ''))
        .flatMap((line, i) => (i % 3 ? [line] : ['', line]));
      await writeFile(path, written.join('\n') + (endsOpen ? '' : '\n'));
      const index = await indexLines(path, (line) => textHash(line.trim()));
      const bytes = await readFile(path);
      const lines = written.filter((line) => line !== '');
      for (const line of lines) {
        const number = lineOf(index, textHash(line));
        expect(number).toBe(lines.indexOf(line));
        expect(
          bytes
            .subarray(index.offsets[number], index.offsets[number + 1])
            .toString()
            .trim(),
        ).toBe(line);
      }
      expect(lineOf(index, textHash('none of them'))).toBe(-1);
    }),
    { numRuns: 50 },
  );
});
