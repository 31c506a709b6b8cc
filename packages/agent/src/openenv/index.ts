// Every name here is public API: named exports only.
export type { EpisodeOutcome, EpisodeRequest, EpisodeSource } from './episode.ts';
export { readingEpisodes } from './reading-episodes.ts';
export type { ReadingEpisodesOptions } from './reading-episodes.ts';
export { searchEpisodes } from './search-episodes.ts';
export type { SearchEpisodeItem, SearchEpisodesOptions } from './search-episodes.ts';
export { serveOpenEnv } from './serve-openenv.ts';
export type { OpenEnvServer, ServeOpenEnvOptions } from './serve-openenv.ts';
