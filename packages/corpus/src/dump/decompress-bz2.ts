import unbzip2Stream from 'unbzip2-stream';
import { CorpusError } from '../errors.ts';

/**
 * Decoded bytes of bzip2 data, concatenated streams included. Pulls one chunk at a time, so memory stays at about one block.
 * Throws `CorpusError` (`bad-bz2`) for damaged or truncated data; `name` is the file named in the message.
 */
export async function* decompressBz2(source: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Buffer> {
  const decoder = unbzip2Stream();
  let decoded: Buffer[] = [];
  let failure: Error | undefined;
  let bytes = 0;
  decoder.on('data', (chunk) => decoded.push(chunk));
  decoder.on('error', (error) => {
    failure ??= error;
  });
  const take = (): Buffer[] => {
    if (failure) {
      throw new CorpusError(
        'bad-bz2',
        `${name}: the bzip2 data is damaged or cut off within its first ${bytes} bytes (${failure.message}): download the ` +
          `file again, or test it with "bzip2 -t"`,
        { cause: failure },
      );
    }
    const taken = decoded;
    decoded = [];
    return taken;
  };
  for await (const chunk of source) {
    if (chunk.length === 0) continue;
    bytes += chunk.length;
    decoder.write(chunk);
    yield* take();
  }
  decoder.end();
  yield* take();
}
