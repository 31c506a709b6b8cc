import { describe, expect, test } from '@jest/globals';
import { memAgentTemplate } from '@memtrain/agent';
import type { RolloutGroup } from '@memtrain/policy';
import { scriptedModel, tinyTokenizer } from '@memtrain/policy/test';
import { readingRollout } from '../src/training/reading-rollout.ts';

/** The group of one document, whose answer is Paris, read by a model that notes one thing and says another. */
async function groupOf(memory: string, answer: string, answerTokens = 100): Promise<RolloutGroup> {
  const model = scriptedModel((_request, _text, call) => (call < 2 * 2 ? memory : answer), { tokenizer: tinyTokenizer() });
  const rollout = readingRollout({
    arm: 'train',
    documents: () => [{ id: 'd', chunks: ['It says \\boxed{Paris}.', 'Nothing more.'], gold: ['Paris'] }],
    reading: { template: { ...memAgentTemplate, chat: false }, memoryTokens: 100, answerTokens, temperature: 1 },
    objective: { groupSize: 2, recallSamples: 0, lambda: 0 },
  });
  const { groups } = await rollout({ step: 1, attempt: 0, policyVersion: 0, seed: 1, model });
  expect(groups).toHaveLength(1);
  return groups[0]!;
}

describe('the reward of a reading', () => {
  test.each([
    ['a box in the document and in the memory is no answer', '\\boxed{Paris}', 'I do not know', 0],
    ['the box of the reply counts, not that of the memory', '\\boxed{Rome}', 'It is \\boxed{Paris}', 1],
    ['an answer without its box is none', 'Paris', 'Paris', 0],
    ['naming several is not right', 'Paris', '\\boxed{Paris or Rome}', 0],
  ])('%s', async (_name, memory, answer, expected) => {
    const { trajectories } = await groupOf(memory, answer);
    expect(trajectories.map(({ reward, outcome }) => [reward, outcome])).toEqual([
      [expected, expected],
      [expected, expected],
    ]);
  });

  test('a reply that is cut inside its box is flagged, and worth nothing', async () => {
    const answer = 'It is \\boxed{Paris}';
    for (const [tokens, finish, outcome] of [
      [answer.length - 1, 'length', 0],
      [answer.length + 1, 'stop', 1],
    ] as const) {
      const { trajectories } = await groupOf('Paris', answer, tokens);
      for (const trajectory of trajectories) {
        expect(trajectory.outcome).toBe(outcome);
        expect(trajectory.conversations.map((conversation) => conversation.finish)).toEqual(['stop', 'stop', finish]);
      }
    }
  });
});
