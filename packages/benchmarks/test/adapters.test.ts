import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { openBenchmark } from '../src/index.ts';
import type { BenchmarkItem } from '../src/index.ts';
import { wholeText } from '../src/agents/middle-cut.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = temporaryFolder();
let files = 0;
function file(name: string, values: readonly unknown[] | string, lines = false): string {
  const path = join(folder, `${files++}-${name}`);
  const text =
    typeof values === 'string' ? values : lines ? values.map((value) => `${JSON.stringify(value)}\n`).join('') : JSON.stringify(values);
  writeFileSync(path, text);
  return path;
}
const textOf = async (item: BenchmarkItem): Promise<string> => wholeText(await item.text!.open());
const open = async (name: string, path: string, options = {}): Promise<readonly BenchmarkItem[]> =>
  (await openBenchmark(name, { files: [path], ...options })).items;

describe('RULER-HotpotQA', () => {
  const context = 'Document 1:\nA\ntext a\n\nDocument 2:\nB\ntext b';

  test("reads MemAgent's files: length by number of documents, text from the file again, evidence where it is told", async () => {
    const path = file('eval_50.json', [
      { context, input: 'Who?', answers: ['X', 'Y'], num_docs: 50, index: 7 },
      { context, input: 'Where?', answers: ['Z'], num_docs: 2, index: 8, evidence: [2] },
    ]);
    const [first, second] = await open('ruler-hotpotqa', path);
    expect(first).toMatchObject({ id: '7k/7', question: 'Who?', gold: { kind: 'any', answers: ['X', 'Y'] }, group: '7k' });
    expect(await textOf(first!)).toBe(context);
    expect(first!.evidence).toBeUndefined();
    expect(second!.group).toBe('2 documents');
    expect(await second!.evidence!()).toEqual(['B\ntext b']);
  });

  test('reads the form with document numbers: unique documents in the order of code points, streamed', async () => {
    const paragraphs = [
      ['\u{1F600} smile', ['in a plane. ', 'high up.']],
      ['\uFF21 wide', ['letter.']],
      ['Alpha', ['one.']],
    ];
    const documents = file('dev.json', [
      { _id: '1', question: 'Who?', answer: 'X', context: paragraphs, supporting_facts: [['Alpha', 0]] },
      { _id: '2', question: 'Other?', answer: 'Y', context: [paragraphs[2]] },
    ]);
    const path = file('eval_12800.json', [{ context: [2, 0, 1], input: 'Who?', answers: ['X'], num_docs: 12800, index: 0 }]);
    const [item] = await open('ruler-hotpotqa', path, { documents });
    // U+1F600 sorts after U+FF21 by code points, and before it by UTF-16 units.
    expect(await textOf(item!)).toBe(
      'Document 1:\n\u{1F600} smile\nin a plane. high up.\n\nDocument 2:\nAlpha\none.\n\nDocument 3:\n\uFF21 wide\nletter.',
    );
    expect(item!.group).toBe('1.75M');
    expect(await item!.evidence!()).toEqual(['Alpha\none.']);
    await expect(open('ruler-hotpotqa', path)).rejects.toThrow(/hotpot_dev_distractor_v1\.json/);
    const outside = file('eval_12800.json', [{ context: [3], input: 'Who?', answers: ['X'] }]);
    await expect(open('ruler-hotpotqa', outside, { documents })).rejects.toThrow('document 3 of 3');
  });

  test('says which element and field is wrong', async () => {
    const path = file('eval_50.json', [
      { context, input: 'Who?', answers: ['X'] },
      { context: 1, input: 'Who?', answers: [] },
    ]);
    await expect(open('ruler-hotpotqa', path)).rejects.toThrow(/element 2: field (context|answers)/);
  });
});

describe('RULER', () => {
  test("reads MemAgent's form and RULER's own, and tells the task from the name of the file or folder", async () => {
    const path = file('eval_niah_multivalue_8192.json', [
      { index: 0, input: 'Which?', context: 'text', outputs: ['1', '2'], answer_prefix: '' },
    ]);
    expect(await open('ruler', path)).toMatchObject([
      { id: 'niah_multivalue/8192/0', group: 'niah_multivalue 8192', gold: { kind: 'all', answers: ['1', '2'] } },
    ]);
    const own = file(
      'qa_1.jsonl',
      [{ index: 3, input: 'Read it.\nline\nWhat is it?\n', outputs: ['this'], length: 4011, max_length: 4096 }],
      true,
    );
    const [item] = await open('ruler', own);
    expect(item).toMatchObject({ question: 'What is it?', group: 'qa_1 4096', gold: { kind: 'any' } });
    expect(await textOf(item!)).toBe('Read it.\nline');
    await expect(open('ruler', file('other.json', [{ input: 'x', outputs: ['y'] }]))).rejects.toThrow('no task of RULER');
  });
});

describe('questions to be searched for', () => {
  test("take FlashRAG's lines and the data sets' own spellings", async () => {
    const rows = [
      { id: 'test_0', question: 'one', golden_answers: ['a', 'b'] },
      { question: 'two', answer: ['c'] },
      { Question: 'three', id: 'x', answer: 'd' },
    ];
    const items = await open('nq', file('nq.jsonl', rows, true));
    expect(items.map(({ id, question, gold }) => [id, question, gold.answers])).toEqual([
      ['test_0', 'one', ['a', 'b']],
      ['1', 'two', ['c']],
      ['x', 'three', ['d']],
    ]);
    expect(items.every(({ text }) => text === undefined)).toBe(true);
    await expect(open('nq', file('nq.jsonl', [{ question: 'x' }], true))).rejects.toThrow(
      /record 1: field golden_answers: there are no answers/,
    );
    await expect(open('nq', file('nq.jsonl', [rows[0], rows[0]], true))).rejects.toThrow('test_0 is given twice');
    await expect(open('nq', file('nq.jsonl', ''))).rejects.toThrow('no question');
  });

  test("know the evidence of HotpotQA's own layout and of FlashRAG's", async () => {
    const own = {
      _id: 'h',
      question: 'q',
      answer: 'a',
      context: [
        ['T', ['s1 ', 's2']],
        ['U', ['no']],
      ],
      supporting_facts: [['T', 1]],
    };
    const nested = {
      id: 'f',
      question: 'q2',
      golden_answers: ['a'],
      metadata: { context: { title: ['T', 'U'], content: [['s'], ['n']] }, supporting_facts: { title: ['U'], sent_id: [0] } },
    };
    const items = await open('hotpotqa', file('hotpot.jsonl', [own, nested], true));
    expect(await items[0]!.evidence!()).toEqual(['T\ns1 s2']);
    expect(await items[1]!.evidence!()).toEqual(['U\nn']);
    const [reading] = await open('hotpotqa-distractor', file('hotpot.jsonl', [own], true));
    expect(await textOf(reading!)).toBe('T\ns1 s2\n\nU\nno');
  });

  test('are composed as MEM1 does: consecutive, a question mark each, the remainder dropped', async () => {
    const rows = ['one', 'two?', 'three', 'four', 'five'].map((question, id) => ({ id: `i${id}`, question, golden_answers: [`a${id}`] }));
    const path = file('nq.jsonl', rows, true);
    const { items, name } = await openBenchmark('nq', { files: [path], objectives: 2 });
    expect(name).toBe('nq, 2 objectives');
    expect(items).toEqual([
      { id: 'i0+i1', question: 'one?; two?', gold: { kind: 'each', answers: [['a0'], ['a1']] }, group: 'all' },
      { id: 'i2+i3', question: 'three?; four?', gold: { kind: 'each', answers: [['a2'], ['a3']] }, group: 'all' },
    ]);
    expect(await open('nq', path, { objectives: 2, count: 1 })).toHaveLength(1);
    await expect(open('nq', path, { objectives: 0 })).rejects.toThrow(expect.objectContaining({ code: 'bad-options' }));
  });
});

describe('LongMemEval', () => {
  test('gives dated sessions, the evidence sessions, and abstention as a group of its own', async () => {
    const row = {
      question_id: 'e1',
      question_type: 'multi-session',
      question: 'How many?',
      answer: 3,
      question_date: '2023/05/30 (Tue) 23:40',
      haystack_session_ids: ['s1', 's2'],
      haystack_dates: ['2023/05/20', '2023/05/21'],
      haystack_sessions: [
        [{ role: 'user', content: 'hello' }],
        [
          { role: 'user', content: 'three cats', has_answer: true },
          { role: 'assistant', content: 'nice' },
        ],
      ],
      answer_session_ids: ['s2'],
    };
    const items = await open('longmemeval', file('longmemeval_s.json', [row, { ...row, question_id: 'e2_abs' }]));
    expect(items[0]).toMatchObject({
      id: 'e1',
      group: 'multi-session',
      gold: { answers: ['3'] },
      question: expect.stringContaining('2023/05/30'),
    });
    expect(items[1]!.group).toBe('abstention');
    const text = 'Conversation of 2023/05/20:\nuser: hello\n\nConversation of 2023/05/21:\nuser: three cats\nassistant: nice';
    expect(await textOf(items[0]!)).toBe(text);
    expect(items[0]!.text!.characters).toBe(text.length);
    expect((await items[0]!.evidence!()).join('').trim()).toBe(text.slice(text.indexOf('Conversation of 2023/05/21')));
  });
});

describe('MemoryAgentBench', () => {
  const expected = [
    { id: 'p0', group: 'ruler_qa1', question: 'q0', gold: { kind: 'any', answers: ['a0', 'a0b'] } },
    { id: 'p1', group: 'ruler_qa1', question: 'q1', gold: { kind: 'any', answers: ['a1'] } },
    { id: 'eventqa/1/0', group: 'eventqa', question: 'q2', gold: { kind: 'any', answers: ['a2'] } },
  ];

  test('reads parquet as the Hub has it: many questions over one context', async () => {
    const path = fileURLToPath(new URL('./data/memory-agent-bench.parquet', import.meta.url));
    const items = await open('memory-agent-bench', path);
    expect(items).toMatchObject(expected);
    expect(await Promise.all(items.map(textOf))).toEqual(['long text é', 'long text é', 'another']);
    await expect(open('memory-agent-bench', file('broken.parquet', 'PAR1 no'))).rejects.toThrow(
      expect.objectContaining({ code: 'bad-data' }),
    );
  });

  test('reads the same rows as JSON', async () => {
    const rows = [
      {
        context: 'long text é',
        questions: ['q0', 'q1'],
        answers: [['a0', 'a0b'], ['a1']],
        metadata: { source: 'ruler_qa1', qa_pair_ids: ['p0', 'p1'] },
      },
      { context: 'another', questions: ['q2'], answers: [['a2']], metadata: { source: 'eventqa', qa_pair_ids: null } },
    ];
    const items = await open('memory-agent-bench', file('rows.jsonl', rows, true));
    expect(items).toMatchObject(expected);
    expect(await textOf(items[2]!)).toBe('another');
    const uneven = [{ ...rows[0], answers: [['a0']] }];
    await expect(open('memory-agent-bench', file('rows.jsonl', uneven, true))).rejects.toThrow('2 questions and 1 answers');
  });
});

describe('questions of your own', () => {
  test('have a text, a file beside them, or nothing to read', async () => {
    writeFileSync(join(folder, 'book.txt'), 'A book.');
    const rows = [
      { id: 'a', question: 'q', answers: ['x'], text: 'short', evidence: ['sh'], group: 'g' },
      { question: 'q', all: ['x', 'y'], file: 'book.txt' },
      { question: 'q', each: [['x'], ['y', 'z']] },
    ];
    const items = await open('own', file('own.jsonl', rows, true));
    expect(items.map(({ id, gold, group }) => [id, gold.kind, group])).toEqual([
      ['a', 'any', 'g'],
      ['2', 'all', 'all'],
      ['3', 'each', 'all'],
    ]);
    expect(await textOf(items[0]!)).toBe('short');
    expect(await textOf(items[1]!)).toBe('A book.');
  });

  test.each([
    [{ question: 'q' }, 'exactly one of'],
    [{ question: 'q', answers: ['x'], all: ['y'] }, 'exactly one of'],
    [{ question: 'q', answers: ['x'], answr: ['y'] }, 'answr'],
    [{ question: 'q', answers: [''] }, 'field answers.0'],
    [{ question: 'q', answers: ['x'], text: 'a', file: 'b' }, 'not both'],
    [{ question: 'q', answers: ['x'], file: 'no.txt' }, 'cannot be read'],
  ])('of the form %j are refused with the place', async (row, message) => {
    const path = file('own.jsonl', [{ question: 'good', answers: ['x'] }, row], true);
    await expect(open('own', path)).rejects.toThrow(/line 2/);
    await expect(open('own', path)).rejects.toThrow(message);
  });
});

test('an unknown benchmark and a missing file are named', async () => {
  await expect(openBenchmark('nothing', { files: ['x'] })).rejects.toThrow(/give one of ruler-hotpotqa/);
  await expect(openBenchmark('nq', { files: [] })).rejects.toThrow('has no file');
  await expect(openBenchmark('nq', { files: [join(folder, 'none')] })).rejects.toThrow(expect.objectContaining({ code: 'no-file' }));
});

test('an open benchmark holds its questions and not its texts', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const used = (): number => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const text = (index: number): string => `${index} ${'word '.repeat(300_000)}`;
  const count = 20;
  const many = (make: (index: number) => unknown): unknown[] => Array.from({ length: count }, (_, index) => make(index));
  const sources: readonly (readonly [string, string])[] = [
    [
      'ruler-hotpotqa',
      file(
        'eval_50.json',
        many((index) => ({ context: text(index), input: 'q', answers: ['a'], num_docs: 50, index })),
      ),
    ],
    [
      'ruler',
      file(
        'eval_vt_4096.json',
        many((index) => ({ context: text(index), input: 'q', outputs: ['a'], index })),
      ),
    ],
    [
      'own',
      file(
        'own.jsonl',
        many((index) => ({ text: text(index), question: 'q', answers: ['a'] })),
        true,
      ),
    ],
    [
      'memory-agent-bench',
      file(
        'rows.jsonl',
        many((index) => ({ context: text(index), questions: ['q'], answers: [['a']], metadata: { qa_pair_ids: [`p${index}`] } })),
        true,
      ),
    ],
  ];
  for (const [name, path] of sources) {
    const before = used();
    const items = await open(name, path);
    // The file has 30 MB.
    expect((used() - before) / 1e6).toBeLessThan(8);
    expect((await textOf(items[7]!)).startsWith('7 word')).toBe(true);
  }
});
