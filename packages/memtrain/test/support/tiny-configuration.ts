/** Of a model that the tests of commands make in milliseconds; its vocabulary is that of the test's tokenizer. */
export const tinyConfiguration = {
  hiddenSize: 16,
  layers: 1,
  heads: 2,
  keyValueHeads: 1,
  headSize: 8,
  intermediateSize: 24,
  ropeTheta: 10_000,
  normEpsilon: 1e-6,
  tiedEmbeddings: true,
  maxPositions: 4096,
  initializerRange: 0.02,
};
