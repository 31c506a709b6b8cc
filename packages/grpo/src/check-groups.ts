import type { Conversation, RolloutGroup } from '@memtrain/policy';
import { GrpoError } from './errors.ts';

/** Throws `GrpoError` `bad-group` for a repeated id, a number that is not finite, or log-probabilities that do not match their tokens. */
export function checkGroups(groups: readonly RolloutGroup[]): void {
  const seen = new Set<string>();
  for (const group of groups) {
    const name = `group ${JSON.stringify(group.id)} of objective ${JSON.stringify(group.objective)}`;
    const key = JSON.stringify([group.objective, group.id]);
    if (seen.has(key)) throw new GrpoError('bad-group', `${name} is there twice: give every group of an update its own id`);
    seen.add(key);
    for (const [index, trajectory] of group.trajectories.entries()) {
      for (const field of ['reward', 'outcome'] as const) {
        if (!Number.isFinite(trajectory[field])) {
          throw new GrpoError(
            'bad-group',
            `${name}, trajectory ${index}: ${field} is ${trajectory[field]}; the reward function must return a finite number`,
          );
        }
      }
      for (const [place, conversation] of trajectory.conversations.entries())
        checkConversation(conversation, `${name}, trajectory ${index}, conversation ${place}`);
    }
  }
}

function checkConversation({ completion, logprobs }: Conversation, where: string): void {
  if (logprobs.length !== completion.length) {
    throw new GrpoError(
      'bad-group',
      `${where}: ${logprobs.length} log-probabilities for ${completion.length} completion tokens; the sampler must report one for each`,
    );
  }
  const bad = logprobs.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new GrpoError('bad-group', `${where}: the log-probability of completion token ${bad} is ${logprobs[bad]}; it must be finite`);
}
