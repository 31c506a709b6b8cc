import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '@memtrain/durable-files';
import { BenchmarkError } from '../errors.ts';

export interface DownloadOptions {
  /** Expected, where known; else what the server announces is checked. */
  readonly bytes?: number;
  readonly sha256?: string;
  readonly signal?: AbortSignal;
  /** Longest wait for the next bytes. Default 60,000. */
  readonly idleMs?: number;
  readonly onProgress?: (done: number, total: number | undefined) => void;
}

export interface DownloadedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Bytes that an earlier, broken off download had brought. */
  readonly resumedFrom: number;
}

interface Announced {
  readonly bytes: number | undefined;
  readonly sha256: string | undefined;
  /** Names the version of the file: a broken off download of another one is not continued. */
  readonly tag: string;
}

/**
 * Downloads a file to `path`. What arrives stands under another name until its size and SHA-256 are right; a download that broke off goes on
 * where it was (HTTP Range) if the file is still the same on the server. Throws `BenchmarkError` (`download-failed`), or the signal's reason.
 */
export async function downloadFile(url: string, path: string, options: DownloadOptions = {}): Promise<DownloadedFile> {
  const { signal, onProgress } = options;
  const fail = (what: string, cause?: unknown): BenchmarkError => new BenchmarkError('download-failed', `${url}: ${what}`, { cause });
  const announced = await announce(url, options, fail);
  const bytes = options.bytes ?? announced.bytes;
  const sha256 = options.sha256 ?? announced.sha256;
  const partial = `${path}.part`;
  const tagFile = `${path}.part.tag`;
  await mkdir(dirname(path), { recursive: true });
  const held = (await readFile(tagFile, 'utf8').catch(() => undefined)) === announced.tag ? await sizeOf(partial) : 0;
  const resumedFrom = bytes !== undefined && held > bytes ? 0 : held;
  await writeFile(tagFile, announced.tag);
  if (bytes === undefined || resumedFrom < bytes || bytes === 0) {
    const idle = idleSignal(options);
    try {
      const headers = resumedFrom > 0 ? { range: `bytes=${resumedFrom}-` } : {};
      const response = await fetch(url, { headers, signal: idle.signal });
      if (!response.ok || !response.body) throw fail(`the server answered ${response.status} ${response.statusText}`);
      const from = response.status === 206 ? resumedFrom : 0;
      const file = await open(partial, from > 0 ? 'r+' : 'w');
      try {
        let done = from;
        for await (const block of response.body as unknown as AsyncIterable<Uint8Array>) {
          idle.reset();
          await file.write(block, 0, block.length, done);
          done += block.length;
          onProgress?.(done, bytes);
        }
        await file.truncate(done);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (BenchmarkError.isInstance(error)) throw error;
      throw fail('the connection broke off: run the command again, it goes on where it was', error);
    } finally {
      idle.end();
    }
  }
  const got = await sizeOf(partial);
  if (bytes !== undefined && got !== bytes) {
    if (got > bytes) await rm(partial, { force: true });
    throw fail(`${got} of ${bytes} bytes came: run the command again, it goes on where it was`);
  }
  const found = await hashOf(partial);
  if (sha256 !== undefined && found !== sha256) {
    await rm(partial, { force: true });
    throw fail(`its SHA-256 is ${found}, but ${sha256} was expected: it was changed on the way or on the server, and is removed`);
  }
  await rename(partial, path);
  await syncFolder(dirname(path));
  await rm(tagFile, { force: true });
  return { path, bytes: got, sha256: found, resumedFrom };
}

/** Size, hash and version as the server says. The Hub names the SHA-256 of large files in its own headers, before it redirects. */
async function announce(
  url: string,
  { signal, idleMs = 60_000 }: DownloadOptions,
  fail: (what: string, cause?: unknown) => Error,
): Promise<Announced> {
  let address = url;
  let linked: { bytes?: number; sha256?: string; commit?: string } = {};
  for (let hop = 0; hop < 6; hop++) {
    const timeout = AbortSignal.timeout(idleMs);
    let response: Response;
    try {
      response = await fetch(address, {
        method: 'HEAD',
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw fail('the server cannot be reached', error);
    }
    const { headers } = response;
    const etag = headers.get('x-linked-etag')?.replaceAll('"', '');
    const size = headers.get('x-linked-size');
    linked = {
      ...(etag && /^[0-9a-f]{64}$/.test(etag) ? { sha256: etag } : {}),
      ...(size ? { bytes: Number(size) } : {}),
      ...(headers.has('x-repo-commit') ? { commit: headers.get('x-repo-commit')! } : {}),
      ...linked,
    };
    const next = headers.get('location');
    // What the Hub itself says is enough: where it redirects to may answer nothing but GET.
    if (response.status >= 300 && response.status < 400 && next && linked.bytes === undefined) {
      address = new URL(next, address).href;
      continue;
    }
    if (response.status >= 400) throw fail(`the server answered ${response.status} ${response.statusText}`);
    const length = headers.get('content-length');
    const bytes = linked.bytes ?? (length && !headers.has('content-encoding') ? Number(length) : undefined);
    return { bytes, sha256: linked.sha256, tag: JSON.stringify([linked, bytes, headers.get('etag')]) };
  }
  throw fail('the server redirects without end');
}

/** A signal that also aborts when no bytes came for a while. */
function idleSignal({ signal, idleMs = 60_000 }: DownloadOptions): { readonly signal: AbortSignal; reset(): void; end(): void } {
  const stop = new AbortController();
  const abort = (): void => stop.abort(new Error(`no bytes for ${idleMs / 1000} s`));
  let timer = setTimeout(abort, idleMs);
  return {
    signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
    reset: () => void (timer = (clearTimeout(timer), setTimeout(abort, idleMs))),
    end: () => clearTimeout(timer),
  };
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const block of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) hash.update(block);
  return hash.digest('hex');
}
