// Every name here is public API: named exports only.
export type { Conversation, Datum, Finish, Message } from './conversation.ts';
export { PolicyError } from './errors.ts';
export type { PolicyErrorCode } from './errors.ts';
export { huggingFaceTokenizer } from './hf-tokenizer.ts';
export type { HuggingFaceTokenizerOptions } from './hf-tokenizer.ts';
export type { HuggingFaceTokenizerFiles, JsonObject } from './hf-tokenizer-files.ts';
export { loadTokenizer, saveWordTokenizer } from './hf-tokenizer-folder.ts';
export { wordTokenizerConfig, wordTokenizerJson } from './hf-tokenizer-word.ts';
export { logRatioBound } from './learner.ts';
export type { AdamOptions, CrossEntropyLoss, KlEstimator, Learner, Loss, LossMetrics, PolicyGradientLoss, StepMetrics } from './learner.ts';
export type { Completion, Failure, Indexed, Model, Prompt, Request, SamplingOptions } from './model.ts';
export { countPromptTokens, encodePrompt } from './prompt.ts';
export { deriveSeed, randomFromSeed, randomFromState } from './random.ts';
export type { Random } from './random.ts';
export type { RolloutGroup, RolloutTrajectory } from './rollout-group.ts';
export type { Tokenizer } from './tokenizer.ts';
export { wordTokenizer } from './word-tokenizer.ts';
export type { WordTokenizerOptions } from './word-tokenizer.ts';
