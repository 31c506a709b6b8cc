// Run by the tests: writes to argv[3] in the way that argv[2] names, and dies by SIGKILL on the way or is killed from outside.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDurableFile, writeFileDurably, writeFolderDurably } from '@memtrain/durable-files';

const [way, path] = process.argv.slice(2) as [string, string];

async function die(): Promise<void> {
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => setTimeout(() => undefined, 60_000));
}

const ways: Readonly<Record<string, () => Promise<unknown>>> = {
  async 'between two pieces'() {
    const file = await openDurableFile(path);
    await file.write('half'.repeat(1 << 20));
    await die();
  },
  async 'before the rename'() {
    const file = await openDurableFile(path);
    await file.write('all of it');
    await file.finish();
    await die();
  },
  'in a folder': () =>
    writeFolderDurably(path, async (building) => {
      writeFileSync(join(building, 'part'), 'half');
      await die();
    }),
  async 'again and again'() {
    for (let i = 1; ; i = (i % 9) + 1) await writeFileDurably(path, [String(i).repeat(1 << 20), String(i).repeat(1 << 20)]);
  },
};
await ways[way]!();
