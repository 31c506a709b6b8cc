export { openAiModel } from './openai-model.ts';
export type { OpenAiModelOptions } from './openai-model.ts';
export type { ApiKeySource } from './client.ts';
export type { LogprobsKind, OpenAiServer } from './servers.ts';
