import Bzip2 from '@foxglove/wasm-bz2';

type Decoder = Awaited<ReturnType<typeof Bzip2.init>>;
let decoder: Promise<Decoder> | undefined;

/** A block holds at most 900,000 bytes before run lengths are expanded; five bytes can stand for 259. */
const USUAL_BYTES = 920_000;
const MOST_BYTES = 900_000 * 52;

/** Decodes a bzip2 stream of one block; the checksum is verified. Throws an `Error` for damaged data. */
export async function decodeBz2Block(stream: Uint8Array): Promise<Uint8Array> {
  decoder ??= load();
  const ready = await decoder;
  try {
    return ready.decompress(stream, USUAL_BYTES);
  } catch (error) {
    // -8: the text did not fit.
    if (!(error as Error).message.includes(': -8 ')) throw error;
    return ready.decompress(stream, MOST_BYTES);
  }
}

async function load(): Promise<Decoder> {
  const before = (['uncaughtException', 'unhandledRejection'] as const).map(
    (event) => [event, new Set(process.listeners(event as 'exit'))] as const,
  );
  const loaded = await Bzip2.init();
  // The WebAssembly glue turns unhandled rejections of the whole process into its own throws: a library may not.
  for (const [event, known] of before) {
    for (const listener of process.listeners(event as 'exit')) if (!known.has(listener)) process.off(event, listener);
  }
  return loaded;
}
