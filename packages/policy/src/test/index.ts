export { recordingModel, replayingModel } from './recording.ts';
export { scriptedModel } from './scripted-model.ts';
export type { Script } from './scripted-model.ts';
export { tinyTokenizer, tinyTokens } from './tiny-tokenizer.ts';
