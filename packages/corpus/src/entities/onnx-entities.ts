import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as OnnxRuntime from 'onnxruntime-node';
import { z } from 'zod';
import { CorpusError } from '../errors.ts';
import { labelledEntities } from './entity-labels.ts';
import type { LabelledSpan } from './entity-labels.ts';
import type { EntityExtractor } from './entity-extractor.ts';
import type { EntityTables } from './entity-tables.ts';
import { wordPiece } from '../tokens/word-piece.ts';
import type { WordEncoder } from '../tokens/word-piece.ts';

export interface OpenOnnxEntitiesOptions {
  /** For models whose tokenizer.json is not WordPiece. */
  readonly encoder?: WordEncoder;
  /** Most tokens that the model takes. Default `max_position_embeddings` of config.json, or 512. */
  readonly maxTokens?: number;
}

const MODEL_FILES = ['model.onnx', 'onnx/model.onnx', 'model_quantized.onnx', 'onnx/model_quantized.onnx'];
const configSchema = z.object({ id2label: z.record(z.string(), z.string()), max_position_embeddings: z.number().int().optional() });
const WORD = /[\p{L}\p{N}\p{M}]+|[^\s\p{L}\p{N}\p{M}]/gu;

interface Word {
  readonly start: number;
  readonly end: number;
  readonly ids: readonly number[];
}

/**
 * A token-classification model (BERT for named entities) from a local folder: an ONNX file, config.json with `id2label`, tokenizer.json.
 * Needs the optional package onnxruntime-node. A word takes the label of its first piece; `B-`, `I-` and bare labels are understood.
 * Throws `CorpusError`: `no-file`, `bad-model`, `not-supported` (onnxruntime-node is not installed).
 */
export async function openOnnxEntities(
  folder: string,
  tables: EntityTables,
  options: OpenOnnxEntitiesOptions = {},
): Promise<EntityExtractor> {
  const file = onnxModelFile(folder);
  if (!file)
    throw new CorpusError('no-file', `${folder} holds no ${MODEL_FILES.join(', ')}: give the folder of an ONNX token-classification model`);
  const config = configSchema.safeParse(await readJson(join(folder, 'config.json')));
  if (!config.success)
    throw new CorpusError('bad-model', `${join(folder, 'config.json')} has no id2label: is it a token-classification model?`);
  const encoder = options.encoder ?? wordPiece(await readJson(join(folder, 'tokenizer.json')));
  const labels = config.data.id2label;
  const room = (options.maxTokens ?? config.data.max_position_embeddings ?? 512) - 2;
  const ort = await importRuntime();
  const session = await ort.InferenceSession.create(file);
  const label = async (words: readonly Word[]): Promise<string[]> => {
    const ids = [encoder.first, ...words.flatMap((word) => word.ids), encoder.last];
    const tensor = (values: readonly number[]): InstanceType<typeof ort.Tensor> =>
      new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
    const inputs = { input_ids: tensor(ids), attention_mask: tensor(ids.map(() => 1)), token_type_ids: tensor(ids.map(() => 0)) };
    const feeds = Object.fromEntries(Object.entries(inputs).filter(([name]) => session.inputNames.includes(name)));
    const logits = (await session.run(feeds))['logits'];
    if (!logits) throw new CorpusError('bad-model', `${file} has no output named logits: is it a token-classification model?`);
    const scores = logits.data as Float32Array;
    const classes = logits.dims.at(-1)!;
    let at = 1;
    return words.map((word) => {
      const own = scores.subarray(at * classes, (at + 1) * classes);
      at += word.ids.length;
      return labels[String(own.indexOf(Math.max(...own)))] ?? 'O';
    });
  };
  return {
    name: 'onnx',
    async extract({ text }) {
      const words = [...text.matchAll(WORD)].map(({ index, 0: word }) => ({
        start: index,
        end: index + word.length,
        ids: encoder.encodeWord(word).slice(0, room),
      }));
      const named: string[] = [];
      for (const window of windows(words, room)) named.push(...(await label(window)));
      return labelledEntities(text, joinWords(text, words, named), 'model', tables);
    },
  };
}

/** Path of a folder's model; undefined when it holds none under the usual names. */
export function onnxModelFile(folder: string): string | undefined {
  return MODEL_FILES.map((name) => join(folder, name)).find((path) => existsSync(path));
}

/** Stretches of words of at most `room` ids. */
function windows(words: readonly Word[], room: number): Word[][] {
  const all: Word[][] = [];
  let used = Infinity;
  for (const word of words) {
    if (used + word.ids.length > room) {
      all.push([]);
      used = 0;
    }
    all.at(-1)!.push(word);
    used += word.ids.length;
  }
  return all;
}

/** Neighbouring words of one label, begun anew at `B-`, as one span. */
function joinWords(text: string, words: readonly Word[], labels: readonly string[]): LabelledSpan[] {
  const spans: { start: number; end: number; label: string }[] = [];
  let open: string | undefined;
  words.forEach(({ start, end }, i) => {
    const label = labels[i]!;
    const type = label.replace(/^[BI]-/, '');
    const last = spans.at(-1);
    if (label === 'O') open = undefined;
    else if (last && open === type && !label.startsWith('B-') && !/\n/.test(text.slice(last.end, start))) last.end = end;
    else {
      spans.push({ start, end, label: type });
      open = type;
    }
  });
  return spans;
}

async function importRuntime(): Promise<typeof OnnxRuntime> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new CorpusError('not-supported', 'an ONNX model needs onnxruntime-node: npm install onnxruntime-node', { cause });
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch (cause) {
    throw new CorpusError('bad-model', `${path} cannot be read (${(cause as Error).message}): give a complete model folder`, { cause });
  }
}
