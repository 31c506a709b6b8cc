import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openThreads } from '../src/build/build-threads.ts';
import { partNames, readStage } from '../src/build/read-stage.ts';
import type { PassagePart } from '../src/build/read-stage.ts';
import { openWorkFolder } from '../src/build/work-folder.ts';
import { dumpXml, temporaryFolder } from './support/tiny-dump.ts';

test('what pages say of names lies on disk, part by part, even where there are no passages; bad records too', async () => {
  const folder = await temporaryFolder();
  const redirects = 5000;
  const pages = Array.from({ length: redirects }, (_, i) => ({ title: `R${i}`, text: '', redirect: 'Target' }));
  const xml = dumpXml([...pages, { title: 'Target', text: '{{Infobox settlement}}' }]).replace('<id>7</id>', '<id>x</id>');
  const dump = join(folder, 'redirects.xml');
  await writeFile(dump, xml);
  const work = await openWorkFolder(join(folder, 'work'), 'x');
  const read = async (): Promise<PassagePart[]> =>
    readStage({
      sources: { dump },
      work,
      partBytes: 300_000,
      threads: await openThreads({ workers: 1 }),
      onProgress: () => undefined,
      checkAborted: () => undefined,
    });
  const parts = await read();
  expect(parts.length).toBeGreaterThan(1);
  // What is in memory does not grow with the names.
  expect(JSON.stringify(parts).length).toBeLessThan(2000);
  const names = [...partNames(work, parts)];
  expect(names.flatMap((part) => part.redirects)).toHaveLength(redirects - 1);
  expect(names.flatMap((part) => part.kinds)).toEqual([['Target', 'place']]);
  expect(names.flatMap((part) => part.rejected)).toMatchObject([{ source: 'redirects.xml', position: { page: 7 } }]);
  expect(parts.map((part) => part.counts.rejected).reduce((a, b) => a + b)).toBe(1);
  // Finished parts are not made again.
  expect(await read()).toEqual(parts);
});
