import type { TrajectoryTask } from '../schedule/trajectory-task.ts';

/** What an episode came to. `details` is shown in the last observation: plain JSON. */
export interface EpisodeOutcome {
  readonly reward: number;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What a client asks for. */
export interface EpisodeRequest {
  /** Default 0. */
  readonly seed: number;
  /** Everything else that the client passed to `reset`. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Makes the episode of a request. The trainer's own model answers its requests, one a step. What it throws is told to the client. */
export type EpisodeSource = (request: EpisodeRequest) => TrajectoryTask<EpisodeOutcome>;
