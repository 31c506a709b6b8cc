// Every name here is public API: named exports only.
export { answerRecalls } from './memtrain/answer-recalls.ts';
export type { AnswerRecallsOptions, RecallAnswer } from './memtrain/answer-recalls.ts';
export { cutChunks, cutChunksByWords } from './read/cut-chunks.ts';
export { drawRecalls } from './memtrain/draw-recalls.ts';
export type { DrawRecallsOptions, EntitiesOf, Recall } from './memtrain/draw-recalls.ts';
export { AgentError } from './errors.ts';
export type { AgentErrorCode } from './errors.ts';
export { httpRetriever } from './search/http-retriever.ts';
export type { HttpRetrieverOptions } from './search/http-retriever.ts';
export { memAgentTemplate } from './templates/memagent-template.ts';
export type { MemoryParser } from './read/memory-parser.ts';
export { miniatureTemplate } from './templates/miniature-template.ts';
export type { PromptTemplate, UpdateParts } from './templates/prompt-template.ts';
export { read, readEvents } from './read/read.ts';
export type { ReadEvent, ReadOptions } from './read/read.ts';
export { readDocuments } from './read/read-documents.ts';
export type { ReadDocumentsOptions } from './read/read-documents.ts';
export { readingTasks } from './read/reading-task.ts';
export type { MemoryRule, ReadStepOptions, TemplateName } from './read/reading-style.ts';
export type { RolloutGroup, RolloutTrajectory } from '@memtrain/policy';
export type { RetrievedPassage, Retriever } from './search/retriever.ts';
export { rolloutMemTrain } from './memtrain/rollout-memtrain.ts';
export type { RolloutMemTrainOptions, RolloutMemTrainResult, RolloutRewards } from './memtrain/rollout-memtrain.ts';
export type { EndCounts, RolloutStatistics } from './memtrain/rollout-statistics.ts';
export { rolloutSearch } from './search/rollout-search.ts';
export type {
  RolloutSearchOptions,
  RolloutSearchResult,
  ScoredSearch,
  SearchedQuestion,
  SearchStatistics,
} from './search/rollout-search.ts';
export { runTrajectories } from './schedule/run-trajectories.ts';
export type { RolloutDocument, ScoredReading, ScoredRecall } from './memtrain/scored-reading.ts';
export { search, searchQuestions } from './search/search.ts';
export type { SearchOptions } from './search/search.ts';
export type { SearchAction, SearchReply } from './search/search-reply.ts';
export { searchTemplates } from './search/search-template.ts';
export type { SearchTemplate, SearchTemplateName } from './search/search-template.ts';
export type { SearchEnd, SearchItem, SearchTrajectory, SearchTurn } from './search/search-trajectory.ts';
export type { TextSource } from './read/text-source.ts';
export { textTemplate } from './templates/text-template.ts';
export type { TemplateTexts } from './templates/text-template.ts';
export { TrajectoryFile } from './schedule/trajectory-file.ts';
export type {
  EndedTrajectory,
  RunTrajectoriesOptions,
  SchedulingOptions,
  TrajectoryProgram,
  TrajectoryTask,
} from './schedule/trajectory-task.ts';
export type { AnswerEnd, End, FailedEnd, ReadItem, Trajectory } from './read/trajectory.ts';
