import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, jest, test } from '@jest/globals';

// On a busy machine a process takes long to start.
jest.setTimeout(180_000);

test("the README's snippets run as they stand, against a scripted endpoint", async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [first, second, ...more] = [...readme.matchAll(/```ts\n([^]*?)```/g)].map((match) => match[1]!);
  expect(more).toEqual([]);
  let calls = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (data: Buffer) => (body += data.toString()));
    request.on('end', () => {
      calls++;
      const content = body.includes('Your answer:') ? '\\boxed{Ada}' : 'Ada founded it.';
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const folder = mkdtempSync(join(tmpdir(), 'memtrain-readme-'));
  try {
    const file = join(folder, 'report.txt');
    writeFileSync(file, 'word '.repeat(8000));
    const { port } = server.address() as AddressInfo;
    const replaced: [string, string][] = [
      ["'report.txt'", JSON.stringify(file)],
      ["'run/readings.jsonl'", JSON.stringify(join(folder, 'run', 'readings.jsonl'))],
      ['127.0.0.1:8000', `127.0.0.1:${port}`],
    ];
    let code = `${first}${second}console.log(groups.map(({ id }) => id).join(), statistics.accuracy, statistics.recallAnswers);`;
    for (const [from, to] of replaced) {
      expect(code).toContain(from);
      code = code.replace(from, to);
    }
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@memtrain/source', '--import', 'tsx', '--input-type=module', '--eval', code],
      { cwd: fileURLToPath(new URL('..', import.meta.url)), env: { ...process.env, NODE_OPTIONS: '' } },
    );
    expect(stdout).toBe(`Ada\n${['E/0/d1', ...Array.from({ length: 8 }, (_, reading) => `I/E/0/d1/${reading}`)].join()} 0 64\n`);
    expect(calls).toBe(4 + 8 * 4 + 8 * 8 + 1);
  } finally {
    rmSync(folder, { recursive: true });
    server.close();
  }
});
