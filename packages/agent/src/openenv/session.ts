import type { Completion, Failure, Message, Request } from '@memtrain/policy';
import { z } from 'zod';
import type { TrajectoryProgram, TrajectoryTask } from '../schedule/trajectory-task.ts';
import type { EpisodeOutcome, EpisodeSource } from './episode.ts';

/** What a step or a reset answers, in OpenEnv's form. */
export interface StepReply {
  readonly observation: Readonly<Record<string, unknown>>;
  readonly reward: number | null;
  readonly done: boolean;
}

/** A wrong message, in OpenEnv's codes. */
export class SessionError extends Error {
  readonly code: 'VALIDATION_ERROR' | 'EXECUTION_ERROR';

  constructor(code: SessionError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SessionError';
    this.code = code;
  }
}

/** A model's reply as an action. */
export interface Action {
  text: string;
  finish: 'stop' | 'length';
  metadata: Record<string, unknown>;
}

/** What a client sends to `step`: the model's reply, and whether the token limit cut it. */
export const actionSchema: z.ZodType<Action> = z.strictObject({
  text: z.string(),
  finish: z.enum(['stop', 'length']).default('stop'),
  metadata: z.record(z.string(), z.unknown()).default({}),
});

/** What a client may send to `reset`; other fields go to the episode source. */
const resetSchema = z.looseObject({
  seed: z.number().int().nonnegative().nullish(),
  episode_id: z.string().max(255).nullish(),
});

/** One client's episodes, one after the other. */
export interface Session {
  reset(data: unknown): Promise<StepReply>;
  step(data: unknown): Promise<StepReply>;
  state(): { readonly episode_id: string | null; readonly step_count: number };
}

/** `name` identifies the session where the client gives its episodes no names. */
export function openSession(source: EpisodeSource, name: string): Session {
  let episodes = 0;
  let id: string | null = null;
  let task: TrajectoryTask<EpisodeOutcome> | undefined;
  let program: TrajectoryProgram<EpisodeOutcome> | undefined;
  let steps = 0;
  const reply = async (next: () => ReturnType<TrajectoryProgram<EpisodeOutcome>['next']>): Promise<StepReply> => {
    let step: IteratorResult<Request, EpisodeOutcome>;
    try {
      step = await next();
    } catch (error) {
      program = undefined;
      throw new SessionError('EXECUTION_ERROR', error instanceof Error ? error.message : String(error), { cause: error });
    }
    const place = { episode_id: id, step: steps, steps: task!.steps };
    if (!step.done) return { observation: { ...place, ...shown(step.value) }, reward: null, done: false };
    program = undefined;
    const { reward, details } = step.value;
    // JSON would make it null, and a trainer perhaps 0.
    if (!Number.isFinite(reward)) throw new SessionError('EXECUTION_ERROR', `the reward is ${reward}: it must be a finite number`);
    return { observation: { ...place, prompt: '', messages: [], max_tokens: 0, ...details }, reward, done: true };
  };
  return {
    reset: (data) => {
      const { seed, episode_id: wanted, ...options } = parse(resetSchema, data);
      return reply(async () => {
        steps = 0;
        id = wanted ?? `${name}-${++episodes}`;
        task = source({ seed: seed ?? 0, options });
        program = task.run();
        return program.next();
      });
    },
    async step(data) {
      const { text, finish } = parse(actionSchema, data);
      const current = program;
      if (!current) throw new SessionError('EXECUTION_ERROR', 'there is no episode in progress: call reset');
      steps++;
      const result: Completion | Failure = { text, finish };
      return reply(async () => current.next(result));
    },
    state: () => ({ episode_id: id, step_count: steps }),
  };
}

/** A request as an observation: the same prompt as a chat and as text. */
function shown({ prompt, maxTokens, stop }: Request): Readonly<Record<string, unknown>> {
  if (prompt instanceof Int32Array) throw new SessionError('EXECUTION_ERROR', 'an episode asked with token ids: its source must use text');
  const messages: readonly Message[] = typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;
  const text = typeof prompt === 'string' ? prompt : prompt.map(({ content }) => content).join('\n');
  return { prompt: text, messages, chat: typeof prompt !== 'string', max_tokens: maxTokens ?? null, stop: stop ?? [] };
}

function parse<T>(schema: z.ZodType<T>, data: unknown): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new SessionError('VALIDATION_ERROR', z.prettifyError(parsed.error));
}
