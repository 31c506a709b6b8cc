/** Whole lines of a text. */
export interface LineBatch {
  readonly bytes: Buffer;
  /** Offset of the batch in the decompressed text. */
  readonly byte: number;
  /** Set when the batch stands for one line too long to read. */
  readonly oversized?: true;
}

export interface LineBatchesOptions {
  /** Default 1 MiB. */
  readonly batchBytes?: number;
  /** Longer lines become `oversized`. Default 64 MiB. */
  readonly maxLineBytes?: number;
}

/** Cuts a stream at ends of lines; the last line may lack one. */
export async function* lineBatches(chunks: AsyncIterable<Buffer>, options: LineBatchesOptions = {}): AsyncGenerator<LineBatch> {
  const { batchBytes = 1 << 20, maxLineBytes = 1 << 26 } = options;
  let held: Buffer[] = [];
  let heldBytes = 0;
  let at = 0;
  let skipping = false;
  for await (const part of chunks) {
    let chunk = part;
    if (skipping) {
      const end = chunk.indexOf(10);
      at += end < 0 ? chunk.length : end + 1;
      if (end < 0) continue;
      chunk = chunk.subarray(end + 1);
      skipping = false;
    }
    const end = chunk.lastIndexOf(10);
    if (end >= 0 && heldBytes + end + 1 >= batchBytes) {
      const bytes = Buffer.concat([...held, chunk.subarray(0, end + 1)]);
      yield { bytes, byte: at };
      at += bytes.length;
      held = [chunk.subarray(end + 1)];
      heldBytes = held[0]!.length;
      continue;
    }
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes > maxLineBytes) {
      const bytes = Buffer.concat(held);
      const last = bytes.lastIndexOf(10) + 1;
      if (last > 0) yield { bytes: bytes.subarray(0, last), byte: at };
      yield { bytes: Buffer.alloc(0), byte: at + last, oversized: true };
      at += bytes.length;
      held = [];
      heldBytes = 0;
      skipping = true;
    }
  }
  if (heldBytes > 0) yield { bytes: Buffer.concat(held), byte: at };
}
