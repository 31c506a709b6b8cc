/** Settings of a run of `train` that takes a second or two an update. */
export const tinyTraining = {
  'agent.chunkTokens': 64,
  'agent.maxChunks': 2,
  'agent.memoryTokens': 8,
  'agent.answerTokens': 4,
  'model.architecture.vocabularySize': 320,
  'model.architecture.hiddenSize': 16,
  'model.architecture.headSize': 4,
  'model.architecture.intermediateSize': 16,
  documentsPerStep: 1,
  'objective.recallSamples': 2,
};
