// Every name here is public API: named exports only.
export { configurationFromJson, configurationToJson } from './configuration-json.ts';
export { validateConfiguration } from './configuration.ts';
export type { Architecture, LanguageModelConfiguration, Llama3RopeScaling } from './configuration.ts';
export { LanguageModelError } from './errors.ts';
export type { LanguageModelErrorCode } from './errors.ts';
export { onnxruntimeExecutor } from './executor.ts';
export type { CompiledFunction, Executor } from './executor.ts';
export { executorNames, findExecutors, openExecutor } from './executor/find-executors.ts';
export type { ExecutorFinding, OpenExecutorOptions } from './executor/find-executors.ts';
export { measureMatmul } from './executor/measure-matmul.ts';
export type { MeasureMatmulOptions } from './executor/measure-matmul.ts';
export type { LanguageModel, LanguageModelOptions } from './language-model.ts';
export type { LoraOptions, LoraSettings, LoraTarget } from './lora.ts';
export { createLanguageModel, loadLanguageModel } from './open-language-model.ts';
export type { CreateLanguageModelOptions, LoadLanguageModelOptions } from './open-language-model.ts';
export { readSafetensors, writeSafetensors } from './safetensors.ts';
export type { NamedTensor, SafetensorsFile } from './safetensors.ts';
