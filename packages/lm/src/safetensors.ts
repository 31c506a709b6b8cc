import { open, rename, type FileHandle } from 'node:fs/promises';
import { widenNumbers } from './half-precision.ts';
import { fillBytes, NUMBER_BYTES, readBytes, readSafetensorsHeader, type TensorEntry } from './safetensors-header.ts';

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

/** Half-precision numbers widened at once. */
const HALF_BLOCK = 2 ** 20;

/**
 * Reads a safetensors file (F32, F16, BF16) whole.
 * Throws `LanguageModelError` (`bad-safetensors`) naming file, tensor and bytes for anything malformed, before any tensor is allocated.
 */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await open(path, 'r');
  try {
    const header = await readSafetensorsHeader(file, path);
    const tensors = new Map<string, NamedTensor>();
    for (const [name, entry] of header.tensors) {
      const data = new Float32Array(entry.size);
      await readTensor(file, path, entry, data);
      tensors.set(name, { shape: entry.shape, data });
    }
    return { tensors, metadata: header.metadata };
  } finally {
    await file.close();
  }
}

/** Reads the numbers of one tensor into `target` [entry.size], as float32. */
export async function readTensor(file: FileHandle, path: string, entry: TensorEntry, target: Float32Array): Promise<void> {
  const { format, position, size } = entry;
  if (format === 'F32') return fillBytes(file, path, position, new Uint8Array(target.buffer, target.byteOffset, target.byteLength));
  const width = NUMBER_BYTES[format];
  for (let from = 0; from < size; from += HALF_BLOCK) {
    const count = Math.min(HALF_BLOCK, size - from);
    const bytes = await readBytes(file, path, position + from * width, count * width);
    widenNumbers(new Uint16Array(bytes.buffer, bytes.byteOffset, count), format, target.subarray(from, from + count));
  }
}

/** Writes float32 tensors as safetensors: to a temporary name, flushed to disk, then renamed. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, NamedTensor>,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<void> {
  let offset = 0;
  const entries = [...tensors].map(([name, { shape, data }]) => {
    const begin = offset;
    offset += data.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, offset] }] as const;
  });
  let text = JSON.stringify(Object.fromEntries([['__metadata__', metadata], ...entries]));
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
