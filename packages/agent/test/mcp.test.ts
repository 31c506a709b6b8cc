import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

// On a busy machine a process takes long to start.
jest.setTimeout(180_000);

describe('an MCP client over stdio', () => {
  const folder = mkdtempSync(join(tmpdir(), 'memtrain-mcp-'));
  const client = new Client({ name: 'test', version: '1.0.0' });
  beforeAll(async () => {
    const shared = join(folder, 'shared');
    mkdirSync(shared);
    writeFileSync(join(shared, 'report.txt'), 'one two three four five six seven eight nine ten eleven twelve the code is 4711');
    writeFileSync(join(folder, 'secret.txt'), 'secret');
    symlinkSync(join(folder, 'secret.txt'), join(shared, 'link.txt'));
    const server = fileURLToPath(new URL('./mcp-server.ts', import.meta.url));
    const args = ['--conditions=@memtrain/source', '--import', 'tsx', server, shared];
    await client.connect(new StdioClientTransport({ command: process.execPath, args }));
  });
  afterAll(async () => {
    await client.close();
    rmSync(folder, { recursive: true });
  });
  const call = async (name: string, args: Record<string, unknown>): Promise<{ text: string; isError: boolean }> => {
    const { content, isError = false } = await client.callTool({ name, arguments: args });
    return { text: (content[0] as { text: string }).text, isError };
  };

  test('finds both tools with their schemas', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name, inputSchema }) => [name, inputSchema.required])).toEqual([
      ['read_long_text', ['question']],
      ['search_corpus', ['query']],
    ]);
  });

  test('reads a text or a file, with progress after each chunk', async () => {
    expect(await call('read_long_text', { question: 'Which code?', text: 'the code is 4711' })).toEqual({ text: '4711', isError: false });
    const progress: string[] = [];
    const answer = await client.callTool(
      { name: 'read_long_text', arguments: { question: 'Which code?', file: 'report.txt' } },
      { onprogress: ({ progress: done, total }) => progress.push(`${done}/${total}`) },
    );
    expect(answer.content).toEqual([{ type: 'text', text: '4711' }]);
    expect(progress).toEqual(['1/3', '2/3', '3/3']);
  });

  test.each([
    [{ file: '../secret.txt' }, 'there is no file'],
    [{ file: 'link.txt' }, 'there is no file'],
    [{ file: 'missing.txt' }, 'there is no file'],
    [{}, 'give either text or file'],
    [{ text: 'a', file: 'report.txt' }, 'give either text or file'],
    [{ text: 'fail please' }, 'the model failed at chunk 1 of 1: 503'],
  ])('%j is an error that the caller can read', async (args, message) => {
    const { text, isError } = await call('read_long_text', { question: 'Which code?', ...args });
    expect(isError).toBe(true);
    expect(text).toContain(message);
  });

  test('searches the corpus', async () => {
    expect(await call('search_corpus', { query: 'Anna' })).toEqual({ text: '1. Anna: Anna was born in Rome.', isError: false });
  });
});
