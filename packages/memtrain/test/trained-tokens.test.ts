import { afterAll, describe, expect, test } from '@jest/globals';
import { miniatureTemplate, rolloutMemTrain } from '@memtrain/agent';
import { buildData } from '@memtrain/grpo';
import { createLanguageModel, type LanguageModel } from '@memtrain/lm';
import { encodePrompt, huggingFaceTokenizer, wordTokenizer, type Conversation, type Model } from '@memtrain/policy';
import { learnTokenizer } from '../src/model/learn-tokenizer.ts';
import { tinyConfiguration } from './support/tiny-configuration.ts';

describe('a reply that its own tokenizer would spell otherwise', () => {
  const said = 'the traveller moved to Lisbon';
  const tokenizer = huggingFaceTokenizer(learnTokenizer([`${said}. `.repeat(50)], { vocabularySize: 320 }));
  const spelled = Int32Array.from([...said].flatMap((letter) => [...tokenizer.encode(letter)]));
  /** Says the text letter by letter, as any sampler may. */
  const sampled: Conversation[] = [];
  const model: Model = {
    tokenizer,
    async *complete(requests) {
      for (const [index, { prompt: text }] of requests.entries()) {
        const prompt = encodePrompt(text, tokenizer);
        const conversation: Conversation = {
          prompt,
          completion: spelled.slice(),
          logprobs: new Float32Array(spelled.length).fill(-1),
          finish: 'stop',
        };
        sampled.push(conversation);
        yield { index, text: said, finish: 'stop', conversation };
      }
    },
  };

  test('is trained on as it was sampled, and goes into the next prompt as text, encoded once', async () => {
    expect(tokenizer.decode(spelled)).toBe(said);
    expect(tokenizer.encode(said).length).toBeLessThan(spelled.length / 2);
    const { groups } = await rolloutMemTrain(model, [{ id: 'd', chunks: ['one', 'two'], gold: ['x'] }], {
      template: miniatureTemplate,
      memoryTokens: 64,
      answerTokens: 64,
      temperature: 1,
      trajectories: 2,
      recallSamples: 0,
      seed: 1,
      rewards: { recall: () => 0, endToEnd: () => ({ reward: 0, outcome: 0 }) },
    });
    const { data } = buildData(groups, { filter: 'none' });
    expect(data).toHaveLength(2 * 3);
    expect(sampled).toHaveLength(data.length);
    for (const { prompt, completion, logprobs } of sampled) {
      // The very arrays that the model returned.
      const trained = data.find((datum) => datum.completion === completion)!;
      expect([trained.prompt === prompt, trained.logprobs === logprobs]).toEqual([true, true]);
      expect([...completion]).toEqual([...spelled]);
    }
    const later = sampled.filter(({ prompt }) => tokenizer.decode(prompt).includes(said));
    expect(later).toHaveLength(2 * 2);
    for (const { prompt } of later) {
      expect([...prompt]).toEqual([...tokenizer.encode(tokenizer.decode(prompt))]);
      // The memory's letters are not what stands there.
      expect(prompt.join(' ')).not.toContain(spelled.join(' '));
    }
  });
});

describe('a tokenizer whose padding is its end token', () => {
  const learners: LanguageModel[] = [];
  afterAll(async () => {
    for (const learner of learners) await learner.dispose();
  });
  const words = wordTokenizer(['<pad>', '<eos>', ...Array.from({ length: 10 }, (_, i) => `w${i}`)]);
  const learnerOf = (padId: number): LanguageModel => {
    const configuration = { ...tinyConfiguration, vocabularySize: 12, maxPositions: 32, initializerRange: 0.3 };
    const learner = createLanguageModel({ configuration, tokenizer: { ...words, padId }, seed: 1, threads: 1 });
    learners.push(learner);
    return learner;
  };

  test('samples the same, and the end token that was sampled is trained on', async () => {
    const [apart, same] = [learnerOf(0), learnerOf(1)];
    const sample = async (learner: LanguageModel): Promise<Conversation[]> => {
      const found: Conversation[] = [];
      const requests = Array.from({ length: 24 }, (_, seed) => ({ prompt: Int32Array.of(2, 3), seed }));
      for await (const result of (await learner.model()).complete(requests, { maxTokens: 6 })) {
        if ('conversation' in result) found[result.index] = result.conversation!;
      }
      return found;
    };
    const conversations = await sample(same);
    expect(conversations).toEqual(await sample(apart));
    const ended = conversations.find(({ completion }) => completion.length > 1 && completion.at(-1) === 1)!;
    expect(ended.finish).toBe('stop');
    const end = ended.completion.length - 1;
    // A reward for the end token alone.
    const datum = { ...ended, advantage: ended.logprobs.map((_, t) => Number(t === end)), weight: 1 };
    const before = (await same.forward([ended]))[0]![end]!;
    for (const learner of [same, apart])
      await learner.forwardBackward([datum], { kind: 'policyGradient', clipLow: 0.2, clipHigh: 0.2, kl: 0 });
    const gradients = [same, apart].map((learner) => [...learner.gradients().values()].flatMap(({ data }) => [...data]));
    expect(gradients[0]).toEqual(gradients[1]);
    await same.optimStep({ learningRate: 1e-3 });
    expect((await same.forward([ended]))[0]![end]!).toBeGreaterThan(before);
  });
});
