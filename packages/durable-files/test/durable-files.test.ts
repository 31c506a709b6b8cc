import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openDurableFile, syncFolder, syncTree, writeFileDurably, writeFolderDurably } from '@memtrain/durable-files';

const scratch = mkdtempSync(join(tmpdir(), 'durable-files-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let folder: string;
let path: string;
let made = 0;
beforeEach(() => {
  folder = join(scratch, String(made++));
  mkdirSync(folder);
  path = join(folder, 'file');
});

/** What stands in the folder: the file's text, and every other name. */
const seen = (): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, name === 'file' ? readFileSync(path, 'utf8') : '']));

function startWriter(way: string): ChildProcess {
  const script = fileURLToPath(new URL('killed-writer.ts', import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', '--conditions=@memtrain/source', script, way, path], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

const endOf = (child: ChildProcess): Promise<unknown> => new Promise((resolve) => child.on('close', (_code, signal) => resolve(signal)));

describe('writeFileDurably', () => {
  test('writes text, bytes and pieces of both, in folders that it makes', async () => {
    path = join(folder, 'a', 'b', 'file');
    for (const [content, expected] of [
      ['one', 'one'],
      [new Uint8Array([116, 119, 111]), 'two'],
      [['th', new Uint8Array([114, 101]), 'e'], 'three'],
      ['', ''],
      [[], ''],
    ] as const) {
      await writeFileDurably(path, content);
      expect(readFileSync(path, 'utf8')).toBe(expected);
    }
    await writeFileDurably(
      path,
      (async function* () {
        yield* ['fo', 'ur'];
      })(),
    );
    expect(readFileSync(path, 'utf8')).toBe('four');
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['file']);
  });

  test('keeps the old content and leaves no temporary file when the content throws', async () => {
    writeFileSync(path, 'old');
    const content = function* (): Generator<string> {
      yield 'new'.repeat(1 << 20);
      expect(readdirSync(folder)).toEqual(['file', `file.${process.pid}-1.tmp`]);
      throw new RangeError('no more');
    };
    await expect(writeFileDurably(path, content())).rejects.toThrow(new RangeError('no more'));
    expect(seen()).toEqual({ file: 'old' });
  });

  test('leaves no temporary file when the name cannot be given, or the folder not be made', async () => {
    mkdirSync(path);
    writeFileSync(join(path, 'own'), '');
    await expect(writeFileDurably(path, 'x')).rejects.toMatchObject({ code: 'EISDIR' });
    expect(readdirSync(folder)).toEqual(['file']);
    for (const inside of [join(path, 'own', 'file'), join(path, 'own', 'deep', 'file')]) {
      await expect(writeFileDurably(inside, 'x')).rejects.toMatchObject({ code: 'ENOTDIR' });
    }
    expect(readdirSync(path)).toEqual(['own']);
  });

  test('replaces a link, not what it points to', async () => {
    writeFileSync(join(folder, 'other'), 'kept');
    symlinkSync('other', path);
    await writeFileDurably(path, 'new');
    expect([readFileSync(path, 'utf8'), readFileSync(join(folder, 'other'), 'utf8')]).toEqual(['new', 'kept']);
  });

  test('removes what dead processes left of the same file, and nothing else', async () => {
    const dead = 2 ** 22 + 1; // More than Linux gives.
    const others = [`file.${process.ppid}-1.tmp`, `file.jsonl.${dead}-1.tmp`, `file.${dead}.tmp`, 'file.tmp'];
    for (const name of [...others, `file.${dead}-1.tmp`]) writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, `file.${dead}-2.tmp`, 'deep'), { recursive: true });
    await writeFileDurably(path, 'new');
    expect(readdirSync(folder).sort()).toEqual(['file', ...others].sort());
  });

  test('property: of many writers at once, some of which fail, one succeeds whole, or the old content stays', async () => {
    const piece = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array());
    const writer = fc.record({ pieces: fc.array(piece, { maxLength: 5 }), fails: fc.boolean() });
    const bytesOf = (pieces: readonly (string | Uint8Array)[]): string =>
      Buffer.concat(pieces.map((each) => Buffer.from(each))).toString('hex');
    await fc.assert(
      fc.asyncProperty(fc.array(writer, { maxLength: 6 }), async (writers) => {
        writeFileSync(path, 'old');
        const ends = await Promise.allSettled(
          writers.map(({ pieces, fails }) =>
            writeFileDurably(
              path,
              (function* () {
                yield* pieces;
                if (fails) throw new Error('as asked');
              })(),
            ),
          ),
        );
        expect(ends.map(({ status }) => status === 'rejected')).toEqual(writers.map(({ fails }) => fails));
        const whole = writers.filter(({ fails }) => !fails).map(({ pieces }) => bytesOf(pieces));
        expect(whole.length === 0 ? [bytesOf(['old'])] : whole).toContain(readFileSync(path, 'hex'));
        expect(readdirSync(folder)).toEqual(['file']);
      }),
      { numRuns: 60 },
    );
  });

  // Root may read every folder.
  (process.getuid?.() === 0 ? test.skip : test)('writes into a folder that may not be read', async () => {
    chmodSync(folder, 0o300);
    await writeFileDurably(path, 'new');
    chmodSync(folder, 0o700);
    expect(seen()).toEqual({ file: 'new' });
  });
});

describe('openDurableFile', () => {
  test('shows the file only when it is published, with what another writer put under its temporary name', async () => {
    const file = await openDurableFile(path);
    writeFileSync(file.temporary, 'other, ', { flag: 'a' });
    await file.finish();
    expect(existsSync(path)).toBe(false);
    await file.publish();
    await file.discard();
    expect(seen()).toEqual({ file: 'other, ' });
  });

  test('keeps two files of one name apart', async () => {
    const [first, second] = [await openDurableFile(path), await openDurableFile(path)];
    await first.write('first');
    await second.write('second');
    await first.publish();
    expect(readFileSync(path, 'utf8')).toBe('first');
    await second.publish();
    expect(seen()).toEqual({ file: 'second' });
  });

  test('discards what was not published, also twice and also after it was finished', async () => {
    writeFileSync(path, 'old');
    for (const finished of [false, true]) {
      const file = await openDurableFile(path);
      await file.write('new');
      if (finished) await file.finish();
      await file.discard();
      await file.discard();
      await expect(file.publish()).rejects.toMatchObject({ code: 'ENOENT' });
      expect(seen()).toEqual({ file: 'old' });
    }
  });

  test('refuses to write to a file that is finished', async () => {
    const file = await openDurableFile(path);
    await file.publish();
    await expect(file.write('late')).rejects.toThrow(/file is finished/);
  });
});

describe('writeFolderDurably', () => {
  test('shows the folder only when all of it is written, however its name is spelled, and returns what was returned', async () => {
    for (const spelled of [path, `${join(folder, 'deep', 'other')}/`]) {
      const result = await writeFolderDurably(spelled, async (building) => {
        expect([readdirSync(building), existsSync(spelled)]).toEqual([[], false]);
        mkdirSync(join(building, 'inner'));
        writeFileSync(join(building, 'inner', 'whole'), 'whole');
        return 'done';
      });
      expect([result, readdirSync(spelled, { recursive: true, encoding: 'utf8' }).sort()]).toEqual([
        'done',
        ['inner', join('inner', 'whole')],
      ]);
    }
    expect(readdirSync(folder)).toEqual(['deep', 'file']);
  });

  test('leaves nothing when writing fails, or when the name is taken', async () => {
    const fill = async (building: string): Promise<void> => writeFileSync(join(building, 'part'), '');
    await expect(
      writeFolderDurably(path, async (building) => {
        await fill(building);
        throw new Error('the disk is full');
      }),
    ).rejects.toThrow('the disk is full');
    expect(readdirSync(folder)).toEqual([]);
    mkdirSync(path);
    writeFileSync(join(path, 'own'), '');
    await expect(writeFolderDurably(path, fill)).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    expect(readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()).toEqual(['file', join('file', 'own')]);
  });
});

describe('a process killed', () => {
  test.each(['between two pieces', 'before the rename', 'in a folder'])(
    '%s leaves the old content, and its remains go with the next write',
    async (way) => {
      const isFolder = way === 'in a folder';
      if (!isFolder) writeFileSync(path, 'old');
      const child = startWriter(way);
      expect(await endOf(child)).toBe('SIGKILL');
      expect(seen()).toEqual({ ...(isFolder ? {} : { file: 'old' }), [`file.${child.pid}-1.tmp`]: '' });
      await writeFileDurably(path, 'new');
      expect(seen()).toEqual({ file: 'new' });
    },
  );

  test('at any instant leaves a whole file', async () => {
    const child = startWriter('again and again');
    const end = endOf(child);
    while (!existsSync(path)) await setTimeout(5);
    for (let look = 0; look < 20; look++) {
      expect(readFileSync(path, 'utf8')).toMatch(/^([1-9])\1{2097151}$/);
      await setTimeout(3);
    }
    child.kill('SIGKILL');
    expect(await end).toBe('SIGKILL');
    expect(readFileSync(path, 'utf8')).toMatch(/^([1-9])\1{2097151}$/);
  });
});

test('syncTree lists files with their sizes in order of name, and syncFolder and it name what is not there', async () => {
  mkdirSync(join(folder, 'b', 'a'), { recursive: true });
  for (const [name, size] of [
    ['c', 3],
    ['b/a/z', 1],
    ['b/y', 2],
    ['a', 0],
  ] as const)
    writeFileSync(join(folder, name), 'x'.repeat(size));
  expect((await syncTree(folder)).map(({ path: at, size }) => `${at} ${size}`)).toEqual(['a 0', 'b/a/z 1', 'b/y 2', 'c 3']);
  for (const sync of [syncTree, syncFolder])
    await expect(sync(join(folder, 'absent'))).rejects.toMatchObject({ code: 'ENOENT', path: join(folder, 'absent') });
});
