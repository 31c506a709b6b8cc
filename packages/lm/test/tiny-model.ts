import { wordTokenizer, type Tokenizer } from '@memtrain/policy';
import { createLanguageModel, type LanguageModel, type LanguageModelConfiguration } from '../src/index.ts';

/** A model small enough to test in milliseconds. */
export const tiny: LanguageModelConfiguration = {
  vocabularySize: 24,
  hiddenSize: 16,
  layers: 2,
  heads: 4,
  keyValueHeads: 2,
  headSize: 8,
  intermediateSize: 24,
  ropeTheta: 10_000,
  normEpsilon: 1e-6,
  tiedEmbeddings: false,
  maxPositions: 64,
  initializerRange: 0.3,
};

export const words: Tokenizer = wordTokenizer(['<pad>', '<eos>', ...Array.from({ length: 22 }, (_, i) => `w${i}`)]);

export function tinyModel(change: Partial<LanguageModelConfiguration> = {}, seed = 5): LanguageModel {
  return createLanguageModel({ configuration: { ...tiny, ...change }, tokenizer: words, seed, threads: 1 });
}
