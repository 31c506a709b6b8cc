// Every name here is public API: named exports only.
export { answerRecalls } from './answer-recalls.ts';
export type { AnswerRecallsOptions, RecallAnswer } from './answer-recalls.ts';
export { cutChunks, cutChunksByWords } from './cut-chunks.ts';
export { drawRecalls } from './draw-recalls.ts';
export type { DrawRecallsOptions, EntitiesOf, Recall } from './draw-recalls.ts';
export { AgentError } from './errors.ts';
export type { AgentErrorCode } from './errors.ts';
export { memAgentTemplate } from './memagent-template.ts';
export { miniatureTemplate } from './miniature-template.ts';
export type { PromptTemplate } from './prompt-template.ts';
export { read, readEvents } from './read.ts';
export type { ReadEvent, ReadOptions } from './read.ts';
export { readDocuments } from './read-documents.ts';
export type { ReadDocumentsOptions } from './read-documents.ts';
export type { ReadStepOptions } from './read-step.ts';
export type { RolloutGroup, RolloutTrajectory } from './rollout-group.ts';
export { rolloutMemTrain } from './rollout-memtrain.ts';
export type {
  RolloutDocument,
  RolloutMemTrainOptions,
  RolloutMemTrainResult,
  RolloutRewards,
  ScoredReading,
  ScoredRecall,
} from './rollout-memtrain.ts';
export type { EndCounts, RolloutStatistics } from './rollout-statistics.ts';
export type { AnswerEnd, End, ReadItem, Trajectory } from './trajectory.ts';
