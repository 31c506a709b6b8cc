// Every name here is public API: named exports only.
export { configurationFromJson, configurationToJson, validateConfiguration } from './configuration.ts';
export type { LanguageModelConfiguration } from './configuration.ts';
export { LanguageModelError } from './errors.ts';
export type { LanguageModelErrorCode } from './errors.ts';
export { createLanguageModel, LanguageModel, loadLanguageModel } from './language-model.ts';
export type { CreateLanguageModelOptions, LanguageModelOptions } from './language-model.ts';
export { readSafetensors, writeSafetensors } from './safetensors.ts';
export type { NamedTensor, SafetensorsFile } from './safetensors.ts';
