import { createHash } from 'node:crypto';
import { createReadStream, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { ModelIdentity } from '@memtrain/benchmarks';
import { loadTokenizer } from '@memtrain/policy';
import type { Model } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';
import type { EvalCommandOptions } from '../commands/eval.ts';
import { isRunFolder, openSavedModel } from '../model/open-model.ts';

/** The model under evaluation. */
export interface EvaluatedModel {
  readonly model: Model;
  readonly identity: ModelIdentity;
  /** True where prompts are chats. */
  readonly chat: boolean;
  /** True for a model that runs here. */
  readonly local: boolean;
  dispose(): Promise<void>;
}

/** Opens a model folder, or a model at an endpoint. Throws `MemtrainError` (`no-file`), `PolicyError` (`no-api-key`, `bad-options`). */
export async function openEvaluatedModel(options: EvalCommandOptions): Promise<EvaluatedModel> {
  return options.baseUrl === undefined ? openFolder(options) : openEndpoint(options, options.baseUrl);
}

async function openFolder({ model: folder, adapter, revision }: EvalCommandOptions): Promise<EvaluatedModel> {
  const { learner } = await openSavedModel(folder, { adapter });
  const folders = adapter === undefined ? [folder] : [folder, adapter];
  const found = revision ?? (await hashOfWeights(folders));
  const name = folders.map((path) => basename(resolve(path))).join('+');
  return {
    model: await learner.model(),
    identity: { name, ...(found === undefined ? {} : { revision: found }) },
    chat: learner.tokenizer.encodeChat !== undefined,
    local: true,
    dispose: () => learner.dispose(),
  };
}

async function openEndpoint(options: EvalCommandOptions, baseUrl: string): Promise<EvaluatedModel> {
  const { model: name, server, concurrency, apiKeyEnv, revision } = options;
  const tokenizer = options.tokenizer === undefined ? undefined : await loadTokenizer(options.tokenizer);
  const model = openAiModel({
    model: name,
    baseUrl,
    server,
    concurrency,
    tokenIds: false,
    ...(apiKeyEnv === undefined ? {} : { apiKey: { env: apiKeyEnv } }),
    ...(tokenizer ? { tokenizer, api: 'chat' as const } : {}),
  });
  const identity = { name, ...(revision === undefined ? {} : { revision }) };
  return { model, identity, chat: true, local: false, dispose: async () => undefined };
}

/** SHA-256 of the weights in folders, shards in the order of their names; undefined for the folder of a run. */
async function hashOfWeights(folders: readonly string[]): Promise<string | undefined> {
  if (isRunFolder(folders[0]!)) return undefined;
  const hash = createHash('sha256');
  for (const folder of folders) {
    const files = readdirSync(folder).filter((name) => /^(adapter_)?model(-\d+-of-\d+)?\.safetensors$/.test(name));
    for (const name of files.sort()) {
      for await (const block of createReadStream(join(folder, name), { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>)
        hash.update(block);
    }
  }
  return `sha256:${hash.digest('hex')}`;
}
