import { deriveSeed } from '@memtrain/policy';
import type { Completion, Failure, Request } from '@memtrain/policy';
import { AgentError } from '../errors.ts';
import { drawRecalls } from '../memtrain/draw-recalls.ts';
import type { EntitiesOf } from '../memtrain/draw-recalls.ts';
import type { RolloutRewards } from '../memtrain/rollout-memtrain.ts';
import type { RolloutDocument } from '../memtrain/scored-reading.ts';
import { readingProgram } from '../read/reading-task.ts';
import { readingStyle } from '../read/reading-style.ts';
import type { ReadingStyle, ReadStepOptions } from '../read/reading-style.ts';
import { isFailedEnd } from '../read/trajectory.ts';
import type { ReadItem } from '../read/trajectory.ts';
import { answerOf } from '../templates/answer-of.ts';
import { promptOf } from '../schedule/complete-all.ts';
import { pick } from './pick.ts';
import type { EpisodeOutcome, EpisodeSource } from './episode.ts';

export interface ReadingEpisodesOptions extends Omit<ReadStepOptions, 'contextTokens'> {
  readonly documents: readonly RolloutDocument[];
  readonly rewards: RolloutRewards;
  /** With it, each episode of masked reconstruction ends with a recall question, coupled into the reward (equation 2, G2 = 1). */
  readonly entitiesOf?: EntitiesOf;
  /** True: targets are preferably entities that stand in no other chunk read by then (see `drawRecalls`). Default false. */
  readonly preferUnrepeated?: boolean;
}

/**
 * Task E as an episode: an observation for each chunk and one for the answer, then, if asked for, task I on the memories just written.
 * `reset(document=3)` takes the fourth document, or `reset(document="its id")`; without it the seed picks one.
 */
export function readingEpisodes(options: ReadingEpisodesOptions): EpisodeSource {
  const { documents } = options;
  const style = readingStyle(options);
  return ({ seed, options: asked }) => {
    const document = pick(documents, { asked: asked['document'], seed, name: 'document' });
    const problem = document.problem ?? style.template.problem;
    if (problem === undefined) {
      throw new AgentError('bad-options', `document ${document.id} has no problem, and neither has the template "${style.template.name}"`);
    }
    const item = { id: document.id, chunks: document.chunks, problem, seed: deriveSeed(seed, 'episode') };
    const objective = document.objective ?? (document.problem === undefined ? 'E' : 'QA');
    const recalls = options.entitiesOf !== undefined && objective === 'E';
    return {
      id: document.id,
      steps: document.chunks.length + 1 + (recalls && document.chunks.length > 1 ? 1 : 0),
      run: () => episode(item, { ...options, style, document, entitiesOf: recalls ? options.entitiesOf : undefined }),
    };
  };
}

interface EpisodeParts {
  readonly style: ReadingStyle;
  readonly document: RolloutDocument;
  readonly rewards: RolloutRewards;
  readonly entitiesOf: EntitiesOf | undefined;
  readonly preferUnrepeated?: boolean;
}

function* episode(item: ReadItem, parts: EpisodeParts): Generator<Request, EpisodeOutcome, Completion | Failure> {
  const { style, document, rewards } = parts;
  const trajectory = yield* readingProgram(item, style);
  const { end, answer, error } = trajectory;
  if (isFailedEnd(end)) throw error ?? new AgentError('model-failed', `the episode ended: ${end}`);
  const { template } = style;
  const { entitiesOf, preferUnrepeated = false } = parts;
  const [recall] = entitiesOf ? drawRecalls([trajectory], { template, entitiesOf, exclude: () => document.gold, preferUnrepeated }) : [];
  const coupled: number[] = [];
  if (recall) {
    const reply = yield { prompt: promptOf(template, recall.prompt), seed: recall.seed, maxTokens: style.answerTokens };
    if ('error' in reply) throw reply.error;
    coupled.push(rewards.recall(answerOf(template, reply).answer, recall.target));
  }
  const { reward, outcome } = rewards.endToEnd(answer, document.gold, coupled);
  const told = recall ? { recall: { k: recall.k, l: recall.l, target: recall.target, reward: coupled[0] } } : {};
  return { reward, details: { document: document.id, end, answer: answer ?? null, outcome, memories: trajectory.memories, ...told } };
}
