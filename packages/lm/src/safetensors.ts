import { open, type FileHandle } from 'node:fs/promises';
import { writeFileDurably } from '@memtrain/durable-files';
import { LanguageModelError } from './errors.ts';
import { narrowNumbers, widenNumbers } from './half-precision.ts';
import { fillBytes, NUMBER_BYTES, readBytes, readSafetensorsHeader, type NumberFormat, type TensorEntry } from './safetensors-header.ts';

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

/** Half-precision numbers widened or rounded at once. */
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

export interface WriteSafetensorsOptions {
  /** Default: what PyTorch's files have. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** How each number is written. Default `F32`, which keeps every bit; the others round to the nearest, ties to even. */
  readonly dtype?: NumberFormat;
}

/**
 * Writes tensors as safetensors; the file appears whole or not at all.
 * Throws `LanguageModelError` (`not-finite`) naming a tensor with a finite number that is beyond the range of `dtype`.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, NamedTensor>,
  options: WriteSafetensorsOptions = {},
): Promise<void> {
  const { metadata = { format: 'pt' }, dtype = 'F32' } = options;
  let offset = 0;
  const entries = [...tensors].map(([name, { shape, data }]) => {
    const begin = offset;
    offset += data.length * NUMBER_BYTES[dtype];
    return [name, { dtype, shape, data_offsets: [begin, offset] }] as const;
  });
  let text = JSON.stringify(Object.fromEntries([['__metadata__', metadata], ...entries]));
  text += ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8);
  const head = Buffer.alloc(8 + Buffer.byteLength(text));
  head.writeBigUInt64LE(BigInt(head.length - 8), 0);
  head.write(text, 8);
  const content = function* (): Generator<Uint8Array> {
    yield head;
    for (const [name, { data }] of tensors) yield* blocksOf(data, dtype, `${path}: tensor ${name}`);
  };
  await writeFileDurably(path, content());
}

/** A tensor's bytes; half precision is made a block at a time, so that no copy of the tensor is in memory. */
function* blocksOf(data: Float32Array, dtype: NumberFormat, where: string): Generator<Uint8Array> {
  if (dtype === 'F32') {
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return;
  }
  const infinite = dtype === 'F16' ? 0x7c00 : 0x7f80;
  for (let from = 0; from < data.length; from += HALF_BLOCK) {
    const numbers = data.subarray(from, from + HALF_BLOCK);
    const bits = new Uint16Array(numbers.length);
    narrowNumbers(numbers, dtype, bits);
    for (let i = 0; i < bits.length; i++) {
      if ((bits[i]! & 0x7fff) !== infinite || !Number.isFinite(numbers[i])) continue;
      throw new LanguageModelError('not-finite', `${where} has the number ${numbers[i]}, which is beyond the range of ${dtype}: write F32`);
    }
    yield new Uint8Array(bits.buffer);
  }
}
