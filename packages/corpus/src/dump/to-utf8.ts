/** Drops a byte order mark; UTF-16 (which has one) becomes UTF-8. */
export async function* toUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let started = false;
  let carry: Buffer = Buffer.alloc(0);
  for await (const part of chunks) {
    let chunk = part;
    if (!started) {
      // The byte order mark may be split over chunks.
      chunk = carry.length > 0 ? Buffer.concat([carry, part]) : part;
      if (chunk.length < 3) {
        carry = chunk;
        continue;
      }
      started = true;
      if (chunk[0] === 0xff && chunk[1] === 0xfe) decoder = new TextDecoder('utf-16le');
      else if (chunk[0] === 0xfe && chunk[1] === 0xff) decoder = new TextDecoder('utf-16be');
      else if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) chunk = chunk.subarray(3);
    }
    yield decoder ? Buffer.from(decoder.decode(chunk, { stream: true })) : chunk;
  }
  if (!started && carry.length > 0) yield carry;
}
