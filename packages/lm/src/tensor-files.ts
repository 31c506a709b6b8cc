import { open, type FileHandle } from 'node:fs/promises';
import { LanguageModelError } from './errors.ts';
import { parameterCount, type ParameterSpec } from './parameters.ts';
import { readTensor } from './safetensors.ts';
import { readSafetensorsHeader, type TensorEntry } from './safetensors-header.ts';

export interface ReadTensorsOptions {
  /** Name in the file of a parameter. Default: its own. */
  readonly nameOf?: (spec: ParameterSpec) => string;
  /** Whether a tensor that no parameter asks for is passed over. Default: it is an error. */
  readonly ignore?: (name: string, entry: TensorEntry) => boolean;
  /** For messages, what says which tensor is in which file. Default: the file, when it is one. */
  readonly index?: { readonly path: string; readonly fileOf: ReadonlyMap<string, string> };
}

export interface ReadTensors {
  /** The parameters in one vector, each at its `offset`. */
  readonly data: Float32Array<ArrayBuffer>;
  /** Metadata of the first file. */
  readonly metadata: Readonly<Record<string, string>>;
}

interface Found {
  readonly file: FileHandle;
  readonly path: string;
  readonly entry: TensorEntry;
}

/**
 * Reads parameters from safetensors files. Every header is read and held against `specs` before the vector is allocated.
 * Throws `LanguageModelError` naming file and tensor: `bad-safetensors`, `missing-tensor`, `unexpected-tensor`, `wrong-shape`.
 */
export async function readTensors(
  paths: readonly string[],
  specs: readonly ParameterSpec[],
  options: ReadTensorsOptions = {},
): Promise<ReadTensors> {
  const { nameOf = (spec) => spec.name, ignore, index } = options;
  const files: FileHandle[] = [];
  try {
    const found = new Map<string, Found>();
    let metadata: Readonly<Record<string, string>> = {};
    for (const path of paths) {
      const file = await open(path, 'r');
      files.push(file);
      const header = await readSafetensorsHeader(file, path);
      if (files.length === 1) metadata = header.metadata;
      for (const [name, entry] of header.tensors) {
        const twice = found.get(name);
        if (twice) throw new LanguageModelError('bad-safetensors', `${path}: tensor ${name} is in ${twice.path} too`);
        const listed = index?.fileOf.get(name);
        if (index && listed !== path) {
          throw new LanguageModelError(
            'unexpected-tensor',
            `${path}: tensor ${name} is in this file, but ${index.path} puts it in ${listed ?? 'none'}`,
          );
        }
        found.set(name, { file, path, entry });
      }
    }
    const planned = specs.map((spec) => {
      const name = nameOf(spec);
      const source = found.get(name);
      if (!source) throw new LanguageModelError('missing-tensor', `${index?.path ?? paths.join(', ')}: tensor ${name} is missing`);
      found.delete(name);
      if (source.entry.shape.join() !== spec.shape.join()) {
        throw new LanguageModelError(
          'wrong-shape',
          `${source.path}: tensor ${name} has shape [${source.entry.shape.join()}], but the configuration asks for [${spec.shape.join()}]`,
        );
      }
      return { ...source, spec };
    });
    for (const [name, { path, entry }] of found) {
      if (ignore?.(name, entry)) continue;
      throw new LanguageModelError('unexpected-tensor', `${path}: tensor ${name} is not part of the configured model`);
    }
    const data = new Float32Array(parameterCount(specs));
    for (const { file, path, entry, spec } of planned) {
      await readTensor(file, path, entry, data.subarray(spec.offset, spec.offset + spec.size));
    }
    return { data, metadata };
  } finally {
    for (const file of files) await file.close();
  }
}
