import type { Completion, Conversation, Failure, Request } from '@memtrain/policy';
import { answerOf } from '../templates/answer-of.ts';
import { asError } from '../errors.ts';
import { stepRequest } from './read-step.ts';
import { nextMemory, readingStyle } from './reading-style.ts';
import type { ReadingStyle, ReadStepOptions } from './reading-style.ts';
import { isCancelled } from '../schedule/trajectory-task.ts';
import type { TrajectoryTask } from '../schedule/trajectory-task.ts';
import type { End, ReadItem, Trajectory } from './trajectory.ts';

/** A reading as a task of the scheduler: T = chunks + 1 steps. */
export function readingTask(item: ReadItem, style: ReadingStyle): TrajectoryTask<Trajectory> {
  return { id: item.id, steps: item.chunks.length + 1, run: () => readingProgram(item, style) };
}

/** Readings as tasks of the scheduler, for `runTrajectories`: nothing is kept but what you keep. Throws `AgentError` (`bad-options`). */
export function readingTasks(items: readonly ReadItem[], options: ReadStepOptions): TrajectoryTask<Trajectory>[] {
  const style = readingStyle(options);
  return items.map((item) => readingTask(item, style));
}

/** The dialogue of a reading. */
export function* readingProgram(item: ReadItem, style: ReadingStyle): Generator<Request, Trajectory, Completion | Failure> {
  const memories: string[] = [];
  const conversations: Conversation[] = [];
  let truncatedMemories = 0;
  let memory = style.template.emptyMemory;
  const close = (end: End, rest: Partial<Trajectory> = {}): Trajectory => ({
    id: item.id,
    item,
    memories,
    conversations,
    answerText: '',
    end,
    truncatedMemories,
    ...rest,
  });
  for (let step = 0; ; step++) {
    const chunk = item.chunks[step];
    const request = attempt(() => stepRequest(item, { step, chunk, memory }, style));
    if ('error' in request) return close('template-error', request);
    const result = yield request.value;
    if ('error' in result) return close(isCancelled(result) ? 'cancelled' : 'model-error', { error: result.error });
    if (result.conversation) conversations.push(result.conversation);
    if (chunk === undefined) {
      const answer = attempt(() => answerOf(style.template, result));
      if ('error' in answer) return close('template-error', { ...answer, answerText: result.text });
      return close(answer.value.end, { ...answer.value, answerText: result.text });
    }
    if (result.finish === 'length') truncatedMemories++;
    const next = attempt(() => nextMemory(style, memory, result));
    if ('error' in next) return close('template-error', next);
    if (next.value.bad) return close('bad-memory');
    memory = next.value.memory;
    memories.push(memory);
  }
}

/** A template is somebody's code: where it throws, one trajectory ends and not the batch. */
function attempt<T>(work: () => T): { readonly value: T } | { readonly error: Error } {
  try {
    return { value: work() };
  } catch (error) {
    return { error: asError(error) };
  }
}
