import { deriveSeed } from '@memtrain/policy';
import type { Completion, Failure, Request, Tokenizer } from '@memtrain/policy';
import { AgentError } from '../errors.ts';
import { isFailedEnd } from '../read/trajectory.ts';
import { searchStyle } from '../search/search.ts';
import type { SearchOptions } from '../search/search.ts';
import { searchProgram } from '../search/search-task.ts';
import { pick } from './pick.ts';
import type { EpisodeOutcome, EpisodeSource } from './episode.ts';

/** A question with its accepted answers. */
export interface SearchEpisodeItem {
  readonly id: string;
  readonly question: string;
  readonly gold: readonly string[];
}

export interface SearchEpisodesOptions extends Pick<
  SearchOptions,
  'retriever' | 'template' | 'turns' | 'responseTokens' | 'resultTokens' | 'topK' | 'invalidAction'
> {
  readonly questions: readonly SearchEpisodeItem[];
  reward(answer: string | undefined, gold: readonly string[]): number;
  /** Cuts results to their budget; without one words are counted. */
  readonly tokenizer?: Tokenizer;
}

/** Searching as an episode: an observation for each turn. `reset(question=3)`, or an id, or a seed that picks one. */
export function searchEpisodes(options: SearchEpisodesOptions): EpisodeSource {
  const { questions, reward, tokenizer } = options;
  const style = searchStyle(tokenizer ? { tokenizer } : {}, options);
  return ({ seed, options: asked }) => {
    const { id, question, gold } = pick(questions, { asked: asked['question'], seed, name: 'question' });
    const run = async function* (): AsyncGenerator<Request, EpisodeOutcome, Completion | Failure> {
      const { end, answer, error, turns } = yield* searchProgram({ id, question, seed: deriveSeed(seed, 'episode') }, style);
      if (isFailedEnd(end) || end === 'retriever-error') throw error ?? new AgentError('model-failed', `the episode ended: ${end}`);
      return { reward: reward(answer, gold), details: { question: id, end, answer: answer ?? null, turns } };
    };
    return { id, steps: style.turns, run };
  };
}
