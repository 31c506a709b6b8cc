import { open, readFile, rename } from 'node:fs/promises';
import { LanguageModelError } from './errors.ts';

/** A tensor in memory; F16 and BF16 files are widened to float32. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What a safetensors file holds. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const HEADER_LIMIT = 100_000_000;
const BYTES: Record<string, number> = { F32: 4, F16: 2, BF16: 2 };

/** Reads a safetensors file. Throws `LanguageModelError` (`bad-safetensors`) naming file, tensor and bytes for anything malformed. */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  const bytes = await readFile(path);
  const fail = (what: string): never => {
    throw new LanguageModelError('bad-safetensors', `${path}: ${what}`);
  };
  if (bytes.length < 8) fail(`only ${bytes.length} bytes, too short for a safetensors header`);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  if (headerLength > HEADER_LIMIT || 8 + headerLength > bytes.length) {
    fail(`the header claims ${headerLength} bytes, but the file has ${bytes.length}: it is truncated or no safetensors file`);
  }
  let header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  try {
    header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as typeof header;
  } catch (cause) {
    throw new LanguageModelError('bad-safetensors', `${path}: the header is not JSON`, { cause });
  }
  const data = bytes.subarray(8 + headerLength);
  const tensors = new Map<string, NamedTensor>();
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      metadata = entry as unknown as Record<string, string>;
      continue;
    }
    const width = BYTES[entry?.dtype];
    if (width === undefined) fail(`tensor ${name} has dtype ${String(entry?.dtype)}, but only F32, F16 and BF16 are read`);
    const [begin, end] = entry.data_offsets ?? [0, -1];
    const whole = Array.isArray(entry.shape) && entry.shape.every((length) => Number.isSafeInteger(length) && length >= 0);
    const size = whole ? entry.shape.reduce((product, length) => product * length, 1) : -1;
    if (!Number.isSafeInteger(begin) || begin < 0 || end > data.length || end - begin !== size * width!) {
      fail(
        `tensor ${name} of shape [${String(entry.shape)}] stands at bytes ${begin} to ${end} of ${data.length}: truncated or inconsistent`,
      );
    }
    tensors.set(name, { shape: entry.shape, data: widen(data.subarray(begin, end), entry.dtype, size) });
  }
  return { tensors, metadata };
}

function widen(bytes: Uint8Array, dtype: string, size: number): Float32Array {
  // A copy also takes care of alignment.
  const copy = new Uint8Array(bytes).buffer;
  if (dtype === 'F32') return new Float32Array(copy, 0, size);
  const half = new Uint16Array(copy, 0, size);
  const wide = new Float32Array(size);
  if (dtype === 'BF16') {
    const bits = new Uint32Array(wide.buffer);
    for (let i = 0; i < size; i++) bits[i] = half[i]! << 16;
    return wide;
  }
  for (let i = 0; i < size; i++) {
    const value = half[i]!;
    const exponent = (value >> 10) & 31;
    const fraction = value & 1023;
    const magnitude =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent === 31
          ? fraction
            ? Number.NaN
            : Number.POSITIVE_INFINITY
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    wide[i] = value & 0x8000 ? -magnitude : magnitude;
  }
  return wide;
}

/** Writes float32 tensors as safetensors: to a temporary name, flushed to disk, then renamed. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, NamedTensor>,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  let text = JSON.stringify(header);
  text += ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
  const head = Buffer.alloc(8 + Buffer.byteLength(text));
  head.writeBigUInt64LE(BigInt(head.length - 8), 0);
  head.write(text, 8);
  const file = await open(`${path}.tmp`, 'w');
  try {
    await file.writeFile(head);
    for (const { data } of tensors.values()) await file.writeFile(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
}
