import { basename } from 'node:path';
import { writeFileDurably } from '@memtrain/durable-files';
import { constantBytes, encodeOnnx } from './encode-onnx.ts';
import type { OnnxModel } from './encode-onnx.ts';
import type { Initializer } from './onnx-graph.ts';

/** Constants of more bytes than this in total are stored beside the model: protobuf ends at 2 GiB, and readers copy what is inside. */
const mostInside = 2 ** 30;

/** Readers may map the data file into memory by pages. */
const pageBytes = 4096;

export interface SaveGraphOptions {
  /** Store the constants in `path.data`, next to the model (default: when they are larger than 1 GiB in total). */
  readonly externalData?: boolean;
}

/** Writes the model, and its constants where they are stored apart, each of them whole or not at all. */
export async function saveModel(model: OnnxModel, path: string, options: SaveGraphOptions): Promise<void> {
  const total = model.constants.reduce((sum, { data }) => sum + data.byteLength, 0);
  if (!(options.externalData ?? total > mostInside)) {
    await writeFileDurably(path, encodeOnnx(model));
    return;
  }
  const offsets = new Map<Initializer, number>();
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const constant of model.constants) {
    const padding = (pageBytes - (end % pageBytes)) % pageBytes;
    parts.push(new Uint8Array(padding), constantBytes(constant));
    offsets.set(constant, end + padding);
    end += padding + constant.data.byteLength;
  }
  const location = `${basename(path)}.data`;
  await writeFileDurably(`${path}.data`, parts);
  await writeFileDurably(
    path,
    encodeOnnx(model, (constant) => ({ location, offset: offsets.get(constant) ?? 0 })),
  );
}
