import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { ModelIdentity } from '@memtrain/benchmarks';
import { loadTokenizer } from '@memtrain/policy';
import type { Model } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';
import type { EvalCommandOptions } from '../commands/eval.ts';
import { openSavedModel } from '../model/open-model.ts';

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

async function openFolder({ model: folder, revision }: EvalCommandOptions): Promise<EvaluatedModel> {
  const { learner } = await openSavedModel(folder);
  const found = revision ?? (await hashOfWeights(folder));
  return {
    model: await learner.model(),
    identity: { name: basename(resolve(folder)), ...(found === undefined ? {} : { revision: found }) },
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

/** SHA-256 of a model folder's weights, where they are one file. */
async function hashOfWeights(folder: string): Promise<string | undefined> {
  const path = join(folder, 'model.safetensors');
  if (!existsSync(path)) return undefined;
  const hash = createHash('sha256');
  for await (const block of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) hash.update(block);
  return `sha256:${hash.digest('hex')}`;
}
