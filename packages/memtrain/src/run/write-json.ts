import { writeFileDurably } from '@memtrain/durable-files';

/** Writes JSON, two spaces deep, with a final line feed; the file shows the old content or the new one, never a part. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileDurably(path, `${JSON.stringify(value, null, 2)}\n`);
}
