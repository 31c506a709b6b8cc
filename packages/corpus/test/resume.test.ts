import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { openWorkFolder } from '../src/build/work-folder.ts';
import { buildCorpus } from '../src/index.ts';
import type { BuildCorpusOptions, BuildCorpusProgress } from '../src/index.ts';
import { runBuild } from './support/run-build.ts';
import { temporaryFolder, tinyPages, writeDump } from './support/tiny-dump.ts';

const names = ['documents.jsonl', 'manifest.json', 'rejected.jsonl'];
let folder: string;
let options: Omit<BuildCorpusOptions, 'out'>;
let expected: Buffer[];

const files = (out: string): Promise<Buffer[]> => Promise.all(names.map((name) => readFile(join(out, name))));

beforeAll(async () => {
  folder = await temporaryFolder();
  const dump = await writeDump(folder, tinyPages(24));
  const lines = tinyPages(6).map(({ title, text }) =>
    JSON.stringify({ title: `${title} again`, text: text.replace(/<ref.*?<\/ref>|\[\[|\]\]/g, '') }),
  );
  const jsonl = join(folder, 'more.jsonl');
  await writeFile(jsonl, `${lines.join('\n')}\n`);
  options = { dump, jsonl, documents: 40, preset: 'tiny', seed: 3 };
  const out = join(folder, 'expected');
  await buildCorpus({ ...options, out });
  expected = await files(out);
});

describe('buildCorpus', () => {
  test('killed again and again at any of its writes, it ends with the same bytes', async () => {
    const out = join(folder, 'killed');
    // Among the parts of the passages, before those of the documents, after the last of them, between two published files; to the end.
    const ends: unknown[] = [];
    for (const killAt of [4, 5, 4, 2, 4, 2, 0]) ends.push(await runBuild({ ...options, out }, killAt));
    expect(ends).toEqual([...Array.from({ length: 6 }, () => 'SIGKILL'), 0]);
    expect(await files(out)).toEqual(expected);
    expect((await readdir(out)).toSorted()).toEqual(names.toSorted());
  }, 240_000);

  test('two workers make the same bytes', async () => {
    const out = join(folder, 'two');
    expect(await runBuild({ ...options, out, workers: 2 }, 0)).toBe(0);
    expect(await files(out)).toEqual(expected);
  }, 120_000);

  test('stopped by its signal, it goes on without doing anything twice', async () => {
    const out = join(folder, 'stopped');
    const controller = new AbortController();
    const stop = (now: BuildCorpusProgress): void => {
      if (now.documents === 36) controller.abort();
    };
    await expect(buildCorpus({ ...options, out, signal: controller.signal, onProgress: stop })).rejects.toMatchObject({
      code: 'aborted',
      message: expect.stringContaining('goes on where it stopped'),
    });
    const seen: number[] = [];
    await buildCorpus({ ...options, out, onProgress: (now) => seen.push(now.documents) });
    expect(Math.min(...seen.filter((documents) => documents > 0))).toBeGreaterThan(32);
    expect(await files(out)).toEqual(expected);
  });

  test('other options, or a changed source, start anew', async () => {
    const out = join(folder, 'changed');
    const controller = new AbortController();
    const stop = (now: BuildCorpusProgress): void => {
      if (now.documents === 34) controller.abort();
    };
    await expect(buildCorpus({ ...options, out, seed: 4, signal: controller.signal, onProgress: stop })).rejects.toMatchObject({
      code: 'aborted',
    });
    await buildCorpus({ ...options, out });
    expect(await files(out)).toEqual(expected);
  });
});

describe('openWorkFolder', () => {
  test('keeps finished parts, drops what was cut off and everything behind it', async () => {
    const path = join(folder, 'work');
    const work = await openWorkFolder(path, 'a');
    for (const n of [0, 1, 2, 3]) await work.writePart('p', n, { data: [Buffer.from(`data ${n}`)], meta: n });
    await writeFile(work.partPath('p', 2), 'cut');
    await writeFile(join(path, 'p-00009.tmp'), 'x');
    const again = await openWorkFolder(path, 'a');
    expect([again.resumed, again.parts('p'), existsSync(join(path, 'p-00009.tmp'))]).toEqual([true, [0, 1], false]);
    const other = await openWorkFolder(path, 'b');
    expect([other.resumed, other.parts('p')]).toEqual([false, []]);
    await mkdir(join(path, 'inner'));
    await other.remove();
    expect(existsSync(path)).toBe(false);
  });
});
