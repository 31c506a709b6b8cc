import { execFile } from 'node:child_process';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { exportDocuments } from '../src/index.ts';
import { temporaryFolder } from './support/tiny-dump.ts';

let folder: string;
let path: string;
const document = (n: number): object => ({
  id: `document-${n}`,
  question: 'Which entity?',
  answer: `Name ${n}`,
  aliases: n % 2 === 0 ? [`N. ${n}`, 'Näme'] : [],
  answerType: 'person',
  passages: [
    { title: 'A', text: `[MASK] is ${n}.` },
    { title: 'B', text: 'More.' },
  ],
});

beforeAll(async () => {
  folder = await temporaryFolder();
  path = join(folder, 'documents.jsonl');
  await writeFile(path, Array.from({ length: 70 }, (_, n) => `${JSON.stringify(document(n))}\n`).join(''));
});

describe('exportDocuments', () => {
  test('veRL parquet has the columns of MemAgent, nested, in row groups', async () => {
    const out = join(folder, 'train.parquet');
    expect(await exportDocuments(path, { format: 'verl', out })).toBe(70);
    const file = await asyncBufferFromFile(out);
    const rows = (await parquetReadObjects({ file })) as Record<string, unknown>[];
    expect(rows).toHaveLength(70);
    expect(rows[2]).toEqual({
      data_source: 'memtrain',
      prompt: [{ role: 'user', content: 'Which entity?' }],
      context: 'A\n[MASK] is 2.\n\nB\nMore.',
      ability: 'memory',
      reward_model: { style: 'rule', ground_truth: ['Name 2', 'N. 2', 'Näme'] },
      extra_info: { index: 2n, split: 'train', question: 'Which entity?', num_docs: 2n, id: 'document-2' },
    });
    expect((await parquetMetadataAsync(file)).row_groups.map((group) => Number(group.num_rows))).toEqual([32, 32, 6]);
  });

  test('TRL and plain JSON Lines', async () => {
    const trl = join(folder, 'trl.jsonl');
    const plain = join(folder, 'plain.jsonl');
    await exportDocuments(path, { format: 'trl', out: trl });
    await exportDocuments(path, { format: 'plain', out: plain });
    const first = async (file: string): Promise<unknown> => JSON.parse((await readFile(file, 'utf8')).split('\n')[0]!) as unknown;
    expect(await first(trl)).toMatchObject({
      prompt: [{ role: 'user', content: 'A\n[MASK] is 0.\n\nB\nMore.\n\nWhich entity? Put the answer in \\boxed{}.' }],
      answer: 'Name 0',
    });
    expect(await first(plain)).toEqual({
      id: 'document-0',
      question: 'Which entity?',
      text: 'A\n[MASK] is 0.\n\nB\nMore.',
      answer: 'Name 0',
      aliases: ['N. 0', 'Näme'],
    });
  });

  const python = process.env['MEMTRAIN_PYTHON'];
  (python === undefined ? test.skip : test)(
    `pyarrow, datasets and TRL read them${python === undefined ? ' (skipped: MEMTRAIN_PYTHON names no Python that has them)' : ''}`,
    async () => {
      const [verl, trl] = [join(folder, 'py.parquet'), join(folder, 'py.jsonl')];
      await exportDocuments(path, { format: 'verl', out: verl });
      await exportDocuments(path, { format: 'trl', out: trl });
      const script = join(import.meta.dirname, 'check-exports.py');
      const { stdout } = await promisify(execFile)(python!, [script, verl, trl], {
        env: { ...process.env, HF_HUB_OFFLINE: '1', HF_HOME: join(folder, 'home') },
      });
      expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)).toEqual({
        columns: ['data_source', 'prompt', 'context', 'ability', 'reward_model', 'extra_info'],
        rows: 70,
        prompt: [{ role: 'user', content: 'Which entity?' }],
        reward_model: { style: 'rule', ground_truth: ['Name 2', 'N. 2', 'Näme'] },
        extra_info: { index: 2, split: 'train', question: 'Which entity?', num_docs: 2, id: 'document-2' },
        trl_rows: 70,
        conversational: true,
        answer: 'Name 0',
      });
    },
    240_000,
  );

  test('a line that is no document is an error that names it, and leaves no file', async () => {
    const bad = join(folder, 'bad.jsonl');
    await writeFile(bad, `${JSON.stringify(document(1))}\n{"id": 3}\n`);
    for (const format of ['verl', 'plain'] as const) {
      const out = join(folder, `never.${format}`);
      await expect(exportDocuments(bad, { format, out })).rejects.toMatchObject({
        code: 'bad-source',
        message: expect.stringContaining('line 2'),
      });
    }
    await expect(exportDocuments(join(folder, 'absent'), { format: 'plain', out: join(folder, 'never') })).rejects.toMatchObject({
      code: 'no-file',
    });
    expect((await readdir(folder)).filter((name) => name.includes('never'))).toEqual([]);
  });
});
