import { closeSync, createReadStream, fsyncSync, mkdirSync, openSync, statSync, symlinkSync, writeSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Unzip, UnzipInflate, type UnzipFile } from 'fflate';
import { TensorFlowSetupError } from './errors.ts';
import { publishFolder } from './publish-folder.ts';

export interface UnpackWheelOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the wheel read so far, and in all. */
  readonly onBytes?: (done: number, total: number) => void;
}

const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;

/** The headers that the C API includes: of 15,000 files in the wheel, some 350. */
const headers = /^tensorflow\/include\/(tensorflow\/c\/|tensorflow\/core\/platform\/ctstring|tsl\/platform\/ctstring|xla\/tsl\/)/;

/** Where a member of the wheel goes, relative to the library's folder; undefined for what is not needed. */
export function placeOf(member: string): string | undefined {
  if (libraries.some((library) => member === `tensorflow/${library}`)) return member.slice('tensorflow/'.length);
  const safe = !member.endsWith('/') && !member.includes('\\') && !member.split('/').includes('..');
  return safe && headers.test(member) ? member.slice('tensorflow/'.length) : undefined;
}

/**
 * Unpacks libtensorflow and the headers of its C API into `folder`, in pieces: no member is ever in memory whole. The folder appears complete or
 * not at all. Throws `bad-wheel` when the archive is damaged or lacks a library.
 */
export async function unpackWheel(wheel: string, folder: string, options: UnpackWheelOptions = {}): Promise<void> {
  const { signal, onBytes } = options;
  const total = statSync(wheel).size;
  const building = `${folder}.tmp-${process.pid}`;
  await rm(building, { recursive: true, force: true });
  await mkdir(building, { recursive: true });
  const found = new Set<string>();
  const open = new Set<number>();
  const unzip = new Unzip((member) => {
    const place = placeOf(member.name);
    if (place === undefined) return;
    found.add(place);
    writeMember(member, join(building, place), open);
  });
  unzip.register(UnzipInflate);
  try {
    let done = 0;
    for await (const chunk of createReadStream(wheel, { highWaterMark: 1 << 18 })) {
      signal?.throwIfAborted();
      done += (chunk as Uint8Array).length;
      unzip.push(chunk as Uint8Array, done === total);
      onBytes?.(done, total);
    }
    if (open.size > 0) throw new Error('it ends in the middle of a member');
    for (const library of libraries) {
      if (!found.has(library)) throw new Error(`tensorflow/${library} is not in it`);
    }
    // The names that the linker looks for.
    symlinkSync(libraries[0], join(building, 'libtensorflow.so'));
    symlinkSync(libraries[1], join(building, 'libtensorflow_framework.so'));
    await publishFolder(building, folder);
  } catch (cause) {
    signal?.throwIfAborted();
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOSPC')
      throw new TensorFlowSetupError('no-space', `no space left at ${building}: free some and run it again`, { cause });
    throw new TensorFlowSetupError('bad-wheel', `${wheel} cannot be unpacked: ${message}; remove it and download it again`, { cause });
  } finally {
    for (const descriptor of open) closeSync(descriptor);
    await rm(building, { recursive: true, force: true });
  }
}

function writeMember(member: UnzipFile, path: string, open: Set<number>): void {
  mkdirSync(dirname(path), { recursive: true });
  const descriptor = openSync(path, 'w');
  open.add(descriptor);
  let written = 0;
  member.ondata = (error, chunk, final) => {
    if (error) throw error;
    for (let at = 0; at < chunk.length;) at += writeSync(descriptor, chunk, at);
    written += chunk.length;
    if (!final) return;
    if (member.originalSize !== undefined && member.originalSize !== written) {
      throw new Error(`${member.name} has ${written} bytes, but ${member.originalSize} are announced`);
    }
    fsyncSync(descriptor);
    open.delete(descriptor);
    closeSync(descriptor);
  };
  member.start();
}
