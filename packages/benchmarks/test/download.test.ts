import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { catalog, downloadFile, getData, hubUrl } from '../src/index.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = temporaryFolder();
const content = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 31) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');

/** A small Hub: redirects to its storage, and names size and hash of large files. */
const hub = { breakAfter: Infinity, body: content, linked: true, ranges: true, asked: [] as string[], cut: (): void => undefined };
const server = createServer((request, response) => {
  const { method, url = '', headers } = request;
  hub.asked.push(`${method} ${url} ${headers.range ?? ''}`.trim());
  if (url.includes('missing')) {
    response.statusCode = 404;
    response.end();
    return;
  }
  if (url.startsWith('/datasets/')) {
    response.statusCode = 302;
    response.setHeader('location', '/storage/file');
    if (hub.linked) response.setHeader('x-linked-etag', `"${sha256}"`).setHeader('x-linked-size', content.length);
    response.end();
    return;
  }
  const start = hub.ranges && headers.range ? Number(/\d+/.exec(headers.range)![0]) : 0;
  response.statusCode = start > 0 ? 206 : 200;
  const rest = hub.body.subarray(start);
  response.setHeader('content-length', rest.length);
  if (method === 'HEAD') return void response.end();
  if (rest.length <= hub.breakAfter) return void response.end(rest);
  response.write(rest.subarray(0, hub.breakAfter));
  hub.cut = () => void response.destroy();
});
let endpoint = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
let path = '';
let count = 0;
beforeEach(() => {
  Object.assign(hub, { breakAfter: Infinity, body: content, linked: true, ranges: true, asked: [] });
  path = join(folder, `file-${count++}`);
});
const url = (): string => `${endpoint}/datasets/owner/name/resolve/main/file`;

/** A download whose connection breaks once these bytes are there. */
async function brokenOff(after: number): Promise<void> {
  hub.breakAfter = after;
  const download = downloadFile(url(), path, { onProgress: (done) => done === after && hub.cut() });
  await expect(download).rejects.toThrow(/run the command again/);
  hub.breakAfter = Infinity;
}

describe('a download', () => {
  test('checks what the Hub announces, through its redirect', async () => {
    const seen: number[] = [];
    expect(await downloadFile(url(), path, { onProgress: (done) => seen.push(done) })).toEqual({
      path,
      bytes: 100_000,
      sha256,
      resumedFrom: 0,
    });
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(seen.at(-1)).toBe(100_000);
    expect(existsSync(`${path}.part`)).toBe(false);
  });

  test('that broke off goes on where it was', async () => {
    await brokenOff(40_000);
    expect(existsSync(path)).toBe(false);
    const { resumedFrom } = await downloadFile(url(), path);
    expect(resumedFrom).toBe(40_000);
    expect(hub.asked.at(-1)).toBe('GET /storage/file bytes=40000-');
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  test('begins anew where the server knows no ranges, or has another file by now', async () => {
    await brokenOff(40_000);
    hub.ranges = false;
    await downloadFile(url(), path);
    expect(readFileSync(path).equals(content)).toBe(true);
    writeFileSync(`${path}.part`, 'old');
    writeFileSync(`${path}.part.tag`, 'of another version');
    hub.asked = [];
    await downloadFile(url(), path);
    expect(hub.asked.at(-1)).toBe('GET /storage/file');
  });

  test.each([
    ['another hash', { body: Buffer.from(content).fill(1, 5, 6) }, {}, /SHA-256 is/],
    ['another size', { body: content.subarray(0, 99_000) }, {}, /99000 of 100000 bytes/],
    ['another hash than is pinned', { linked: false }, { sha256: '0'.repeat(64) }, /but 0000/],
  ])('with %s is refused, and leaves no file', async (_name, change, options, message) => {
    Object.assign(hub, change);
    await expect(downloadFile(url(), path, options)).rejects.toThrow(message);
    expect(existsSync(path)).toBe(false);
  });

  test('of nothing says what the server said; an aborted one stops', async () => {
    await expect(downloadFile(`${endpoint}/missing`, path)).rejects.toThrow(/answered 404/);
    await expect(downloadFile(url(), path, { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped');
  });
});

describe('getData', () => {
  test('puts files and their cards into a folder, and fetches none twice', async () => {
    const target = join(folder, 'data');
    const [file] = await getData('nq', { folder: target, endpoint });
    expect(file).toMatchObject({ name: 'nq-test.jsonl', present: false, sha256 });
    expect(JSON.parse(readFileSync(`${file!.path}.card.json`, 'utf8'))).toMatchObject({
      sha256,
      bytes: 100_000,
      repository: 'RUC-NLPIR/FlashRAG_datasets',
    });
    hub.asked = [];
    expect((await getData('nq', { folder: target, endpoint }))[0]!.present).toBe(true);
    expect(hub.asked).toEqual([]);
    writeFileSync(file!.path, 'damaged');
    expect((await getData('nq', { folder: target, endpoint }))[0]!.present).toBe(false);
    expect(readFileSync(file!.path).equals(content)).toBe(true);
  });

  test('without a network says which file to put where', async () => {
    const offline = getData('bamboogle', { folder: '/data', endpoint: 'http://127.0.0.1:1' });
    await expect(offline).rejects.toThrow(
      'http://127.0.0.1:1 cannot be reached: on a machine with a network download ' +
        'http://127.0.0.1:1/datasets/RUC-NLPIR/FlashRAG_datasets/resolve/main/bamboogle/test.jsonl and put it at /data/bamboogle-test.jsonl',
    );
  });

  test('takes only the named files, and refuses unknown ones', async () => {
    const files = await getData('ruler-hotpotqa', { folder: join(folder, 'some'), endpoint, only: ['eval_50.json', 'eval_200.json'] });
    expect(files.map(({ name }) => name)).toEqual(['eval_50.json', 'eval_200.json']);
    await expect(getData('ruler-hotpotqa', { folder, endpoint, only: ['x'] })).rejects.toThrow('no file "x"');
    await expect(getData('nothing', { folder, endpoint })).rejects.toThrow(expect.objectContaining({ code: 'bad-options' }));
  });

  test('has addresses of the pattern of the Hub', () => {
    const all = Object.values(catalog).flatMap(({ files }) => files.map((one) => hubUrl('https://huggingface.co/', one)));
    for (const one of all) expect(one).toMatch(/^https:\/\/huggingface\.co\/datasets\/[^/]+\/[^/]+\/resolve\/[^/]+\/[^?]+$/);
    expect(new Set(all).size).toBe(all.length);
  });
});
