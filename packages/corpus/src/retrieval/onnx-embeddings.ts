import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CorpusError } from '../errors.ts';
import type { EmbeddingModel } from './embeddings.ts';
import { wordPiece } from '../tokens/word-piece.ts';
import type { WordPiece } from '../tokens/word-piece.ts';

export interface OnnxEmbeddingsOptions {
  /** Texts of one run of the model. Default 16. */
  readonly batchSize?: number;
  /** Longest text in tokens; what is longer is cut. Default 256. */
  readonly maxTokens?: number;
}

const MODELS = [
  'onnx/model.onnx',
  'onnx/model_quantized.onnx',
  'onnx/model_int8.onnx',
  'model.onnx',
  'model_int8.onnx',
  'model_quantized.onnx',
];

/**
 * A sentence-embedding model in a folder: `tokenizer.json` (WordPiece) and `model.onnx` (also under `onnx/`, also quantized), run by the
 * optional peer `onnxruntime-node`. Vectors are the mean over the tokens, unless the model gives one vector a text.
 * Throws `CorpusError`: `no-file`, `not-supported` (other tokenizers, or the peer is not installed).
 */
export async function onnxEmbeddings(folder: string, options: OnnxEmbeddingsOptions = {}): Promise<EmbeddingModel> {
  const { batchSize = 16, maxTokens = 256 } = options;
  const model = MODELS.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (!model || !existsSync(join(folder, 'tokenizer.json'))) {
    throw new CorpusError(
      'no-file',
      `${folder} lacks ${model ? 'tokenizer.json' : 'model.onnx (or onnx/model.onnx)'}: give the folder of an ONNX sentence-embedding model`,
    );
  }
  const runtime = await import('onnxruntime-node').catch((cause: unknown) => {
    throw new CorpusError('not-supported', 'local embeddings need the package onnxruntime-node: npm install onnxruntime-node', { cause });
  });
  const tokenizer = await readTokenizer(join(folder, 'tokenizer.json'));
  const session = await runtime.InferenceSession.create(model);
  const run = async (texts: readonly string[]): Promise<Float32Array[]> => {
    const ids = texts.map((text) => tokenizer.encode(text, maxTokens));
    const length = Math.max(...ids.map((own) => own.length));
    const tensor = (at: (own: readonly number[], i: number) => number): InstanceType<typeof runtime.Tensor> =>
      new runtime.Tensor(
        'int64',
        BigInt64Array.from({ length: ids.length * length }, (_, i) => BigInt(at(ids[Math.floor(i / length)]!, i % length))),
        [ids.length, length],
      );
    const inputs: Record<string, InstanceType<typeof runtime.Tensor>> = {
      input_ids: tensor((own, i) => own[i] ?? 0),
      attention_mask: tensor((own, i) => (i < own.length ? 1 : 0)),
      token_type_ids: tensor(() => 0),
      position_ids: tensor((_, i) => i),
    };
    const feeds = Object.fromEntries(session.inputNames.map((name) => [name, inputs[name]!]));
    const output = (await session.run(feeds))[session.outputNames[0]!]!;
    const values = output.data as Float32Array;
    const width = output.dims.at(-1)!;
    if (output.dims.length === 2) return ids.map((_, row) => values.slice(row * width, (row + 1) * width));
    return ids.map((own, row) => meanOf(values, { start: row * length, tokens: own.length, width }));
  };
  return {
    async embed(texts) {
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += batchSize) vectors.push(...(await run(texts.slice(at, at + batchSize))));
      return vectors;
    },
  };
}

function meanOf(
  values: Float32Array,
  { start, tokens, width }: { readonly start: number; readonly tokens: number; readonly width: number },
): Float32Array {
  const mean = new Float32Array(width);
  for (let token = 0; token < tokens; token++) for (let i = 0; i < width; i++) mean[i]! += values[(start + token) * width + i]! / tokens;
  return mean;
}

async function readTokenizer(path: string): Promise<WordPiece> {
  try {
    return wordPiece(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new CorpusError(
      'not-supported',
      `${path}: ${(cause as Error).message}; use a model with a WordPiece tokenizer, or an embeddings endpoint`,
      { cause },
    );
  }
}
