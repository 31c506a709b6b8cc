import { describe, expect, test } from '@jest/globals';
import { read, readDocuments, rolloutMemTrain } from '@memtrain/agent';
import type { RolloutMemTrainOptions } from '@memtrain/agent';
import type { Model } from '@memtrain/policy';
import { scriptedModel } from '@memtrain/policy/test';
import { entitiesOf, partsOf, tokenizer } from './small-world.ts';

const document = { id: 'a', chunks: ['e1 w1', 'e2 [MASK]', 'e3 w2'], gold: ['e9'] };
const reading = { template: 'miniature', memoryTokens: 12, answerTokens: 3, temperature: 0.7 } as const;
const options: RolloutMemTrainOptions = {
  ...reading,
  seed: 5,
  trajectories: 1,
  recallSamples: 0,
  rewards: { recall: () => 0, endToEnd: () => ({ reward: 0, outcome: 0 }) },
};
const speaker = (): Model & { requests: { seed: number }[] } =>
  scriptedModel(
    (_request, text) => {
      const { memory, chunk = 'e1' } = partsOf(text);
      return `${memory} ${chunk}`;
    },
    { tokenizer },
  );

describe('training and evaluation', () => {
  test('show the model the same prompts, token by token, and so does reading a single text', async () => {
    const training = await rolloutMemTrain(speaker(), [document], { ...options, trajectories: 4, recallSamples: 2, entitiesOf });
    const evaluation = await rolloutMemTrain(speaker(), [document], options);
    const promptsOf = (run: typeof training): number[][] =>
      run.readings[0]!.trajectory.conversations.map(({ prompt }) => Array.from(prompt));
    expect(promptsOf(training)).toEqual(promptsOf(evaluation));
    expect(promptsOf(training)).toHaveLength(4);

    const { item } = evaluation.readings[0]!.trajectory;
    const deployed = speaker();
    const sampled: number[][] = [];
    const recording: Model = {
      tokenizer,
      async *complete(requests, sampling) {
        for await (const result of deployed.complete(requests, sampling)) {
          if ('conversation' in result && result.conversation) sampled.push(Array.from(result.conversation.prompt));
          yield result;
        }
      },
    };
    await read(recording, document.chunks, { ...reading, problem: item.problem, seed: item.seed });
    expect(sampled).toEqual(promptsOf(evaluation));
    expect(deployed.requests.map(({ seed }) => seed)).toHaveLength(4);
    const [alone] = await readDocuments(speaker(), [item], reading);
    expect(alone).toEqual(evaluation.readings[0]!.trajectory);
  });
});
