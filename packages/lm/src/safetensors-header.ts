import type { FileHandle } from 'node:fs/promises';
import { LanguageModelError } from './errors.ts';

/** Bytes of one number in each number format that is read and written. */
export const NUMBER_BYTES = { F32: 4, F16: 2, BF16: 2 } as const;

/** How safetensors files name number formats. */
export type NumberFormat = keyof typeof NUMBER_BYTES;

/** One tensor of a safetensors file, before its numbers are read. */
export interface TensorEntry {
  readonly format: NumberFormat;
  readonly shape: readonly number[];
  /** Number of numbers. */
  readonly size: number;
  /** First byte in the file. */
  readonly position: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's own limit. */
const HEADER_LIMIT = 100_000_000;

/**
 * Reads and checks the header of an open safetensors file: nothing of the size that it claims is allocated before it is known to fit the file.
 * Throws `LanguageModelError` (`bad-safetensors`) naming file, tensor and bytes for a truncated file, a header that is no JSON or names a
 * tensor twice, unknown number formats, and tensors that overlap, leave holes or do not have the bytes of their shape.
 */
export async function readSafetensorsHeader(file: FileHandle, path: string): Promise<SafetensorsHeader> {
  const fail = (what: string, options?: ErrorOptions): never => {
    throw new LanguageModelError('bad-safetensors', `${path}: ${what}`, options);
  };
  const { size: fileSize } = await file.stat();
  if (fileSize < 8) fail(`only ${fileSize} bytes, too short for a safetensors header`);
  const claimed = (await readBytes(file, path, 0, 8)).readBigUInt64LE(0);
  if (claimed > HEADER_LIMIT || 8n + claimed > fileSize) {
    fail(`the header claims ${claimed} bytes, but the file has ${fileSize}: it is truncated or no safetensors file`);
  }
  const dataStart = 8 + Number(claimed);
  const text = (await readBytes(file, path, 8, Number(claimed))).toString('utf8');
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    fail('the header is not JSON', { cause });
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) fail('the header is not a JSON object');
  const twice = repeatedKey(text);
  if (twice !== undefined) fail(`the header has ${JSON.stringify(twice)} twice in one object`);

  const tensors = new Map<string, TensorEntry>();
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header as Record<string, unknown>)) {
    if (name === '__metadata__') {
      const texts = typeof entry === 'object' && entry !== null && Object.values(entry).every((value) => typeof value === 'string');
      if (!texts) fail('__metadata__ must hold texts only');
      metadata = entry as Record<string, string>;
    } else tensors.set(name, checkEntry(name, entry, { dataStart, dataBytes: fileSize - dataStart, fail }));
  }
  checkLayout(tensors, { dataStart, fileSize, fail });
  return { tensors, metadata };
}

/** `length` bytes from `position`. Throws `LanguageModelError` (`bad-safetensors`) when the file ends before. */
export async function readBytes(file: FileHandle, path: string, position: number, length: number): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.alloc(length);
  await fillBytes(file, path, position, bytes);
  return bytes;
}

/** Fills `target` with the bytes from `position`. */
export async function fillBytes(file: FileHandle, path: string, position: number, target: Uint8Array): Promise<void> {
  for (let done = 0; done < target.length;) {
    const { bytesRead } = await file.read(target, done, Math.min(target.length - done, 2 ** 26), position + done);
    if (bytesRead === 0)
      throw new LanguageModelError('bad-safetensors', `${path}: the file ends at byte ${position + done}: it is truncated`);
    done += bytesRead;
  }
}

interface Bounds {
  readonly dataStart: number;
  readonly dataBytes: number;
  readonly fail: (what: string) => never;
}

function checkEntry(name: string, entry: unknown, { dataStart, dataBytes, fail }: Bounds): TensorEntry {
  if (typeof entry !== 'object' || entry === null) fail(`tensor ${name} is described by ${JSON.stringify(entry)}, not by an object`);
  const { dtype, shape, data_offsets: offsets } = entry as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  if (typeof dtype !== 'string' || !Object.hasOwn(NUMBER_BYTES, dtype)) {
    fail(`tensor ${name} has dtype ${String(dtype)}, but only F32, F16 and BF16 are read`);
  }
  const format = dtype as NumberFormat;
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(whole)) fail(`tensor ${name} has the shape ${JSON.stringify(shape)}`);
  const size = (shape as number[]).reduce((product, length) => product * length, 1);
  const [begin, end, ...more] = Array.isArray(offsets) ? (offsets as unknown[]) : [];
  if (!whole(begin) || !whole(end) || more.length > 0 || end > dataBytes || end - begin !== size * NUMBER_BYTES[format]) {
    return fail(
      `tensor ${name} of shape [${String(shape)}] stands at bytes ${String(begin)} to ${String(end)} of ${dataBytes}: truncated or inconsistent`,
    );
  }
  return { format, shape: shape as number[], size, position: dataStart + begin };
}

/** Every byte after the header must belong to exactly one tensor. */
function checkLayout(
  tensors: ReadonlyMap<string, TensorEntry>,
  { dataStart, fileSize, fail }: { dataStart: number; fileSize: number; fail: (what: string) => never },
): void {
  const end = ({ position, size, format }: TensorEntry): number => position + size * NUMBER_BYTES[format];
  const sorted = [...tensors].sort(([, a], [, b]) => a.position - b.position || end(a) - end(b));
  let next = dataStart;
  let before = 'the header';
  for (const [name, entry] of sorted) {
    if (entry.position < next) fail(`tensor ${name} overlaps ${before}`);
    if (entry.position > next) fail(`${entry.position - next} bytes between ${before} and tensor ${name} belong to no tensor`);
    next = end(entry);
    before = `tensor ${name}`;
  }
  if (next !== fileSize) fail(`${fileSize - next} bytes after ${before} belong to no tensor`);
}

/** A key that stands twice in one object of valid JSON; `JSON.parse` would keep the last silently. */
function repeatedKey(json: string): string | undefined {
  // Keys of the open objects; a list is open as an object without keys.
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const token = json[at];
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    if (token !== '"') continue;
    const start = at++;
    while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
    const end = at + 1;
    while (' \t\r\n'.includes(json[at + 1] ?? '.')) at++;
    if (json[at + 1] !== ':') continue;
    const key = JSON.parse(json.slice(start, end)) as string;
    const keys = open[open.length - 1]!;
    if (keys.has(key)) return key;
    keys.add(key);
  }
  return undefined;
}
