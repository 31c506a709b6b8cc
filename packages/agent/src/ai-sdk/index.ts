// Every name here is public API: named exports only.
export { aiSdkModel } from './ai-sdk-model.ts';
export type { AiSdkModelOptions } from './ai-sdk-model.ts';
export { readTextTool } from './read-text-tool.ts';
export type { ReadTextTool, ReadTextToolOptions } from './read-text-tool.ts';
