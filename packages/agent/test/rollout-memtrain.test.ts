import { describe, expect, test } from '@jest/globals';
import { AgentError, miniatureTemplate, rolloutMemTrain } from '@memtrain/agent';
import type { RolloutDocument, RolloutMemTrainOptions } from '@memtrain/agent';
import type { Model } from '@memtrain/policy';
import { scriptedModel } from '@memtrain/policy/test';
import type { Script } from '@memtrain/policy/test';
import { entities, entitiesOf, partsOf, tokenizer } from './small-world.ts';

const lambda = 0.5;
const options: RolloutMemTrainOptions = {
  template: miniatureTemplate,
  memoryTokens: 40,
  answerTokens: 2,
  seed: 3,
  trajectories: 2,
  recallSamples: 3,
  entitiesOf,
  rewards: {
    recall: (answer, target) => (answer === target ? 1 : 0),
    endToEnd(answer, gold, recalls) {
      const outcome = answer !== undefined && gold.includes(answer) ? 1 : 0;
      const coupling = recalls.length === 0 ? 0 : (lambda / recalls.length) * recalls.reduce((sum, reward) => sum + reward, 0);
      return { reward: outcome + coupling, outcome };
    },
  },
};

// Each document tells what follows the mask: "w1 [MASK]" in one chunk, "w1 e7" would be its unmasked form, which `gold` keeps.
const documents: RolloutDocument[] = [
  { id: 'same', chunks: ['e1 w1 [MASK]', 'e2 w2 e3', 'w3 e4'], gold: ['e7'] },
  { id: 'same', chunks: ['e5 w4', '[MASK] e6', 'w5'], gold: ['e8'] },
];
const goldByNeighbour: Readonly<Record<string, string>> = { e1: 'e7', e5: 'e8' };

/** Copies everything, knows which entity each mask stands for, and finds a target as the word that the memory has and the chunk lacks. */
const oracle: Script = (_request, text) => {
  const { memory, chunk = '', kind } = partsOf(text);
  const remembered = memory.split(' ');
  if (kind === 'update') return `${memory} ${chunk}`;
  if (kind === 'answer') return goldByNeighbour[remembered.find((word) => word in goldByNeighbour) ?? ''] ?? '';
  const shown = chunk.split(' ');
  const all = documents.flatMap((document) => document.chunks.map((one) => one.split(' ')));
  const whole = all.find(
    (words) => words.length === shown.length && words.every((word, i) => word === shown[i] || shown[i] === '[TARGET]'),
  );
  const target = whole?.[shown.indexOf('[TARGET]')];
  return target !== undefined && remembered.includes(target) ? target : '';
};
const adversary: Script = (_request, text) => (partsOf(text).kind === 'update' ? '' : 'e0');

describe('rolloutMemTrain', () => {
  test('an oracle scores 1 in both tasks: G1 readings a document, G2 answers a recall', async () => {
    const { groups, statistics, readings } = await rolloutMemTrain(scriptedModel(oracle, { tokenizer }), documents, options);
    expect(groups.map(({ id, objective, trajectories }) => [id, objective, trajectories.length])).toEqual([
      ['E/0/same', 'E', 2],
      ['E/1/same', 'E', 2],
      ['I/E/0/same/0', 'I', 3],
      ['I/E/0/same/1', 'I', 3],
      ['I/E/1/same/0', 'I', 3],
      ['I/E/1/same/1', 'I', 3],
    ]);
    for (const { objective, trajectories } of groups) {
      for (const { reward, outcome, conversations } of trajectories) {
        expect(outcome).toBe(1);
        expect(reward).toBe(objective === 'E' ? 1 + lambda : 1);
        expect(conversations).toHaveLength(objective === 'E' ? 4 : 1);
      }
    }
    expect(statistics).toMatchObject({
      readings: 4,
      accuracy: 1,
      recallAnswers: 12,
      recallAccuracy: 1,
      meanReward: 1.5,
      conversations: 4 * 4 + 12,
    });
    expect(statistics.ends).toEqual({
      answered: 4,
      'no-answer': 0,
      length: 0,
      'bad-memory': 0,
      'model-error': 0,
      'template-error': 0,
      cancelled: 0,
    });
    expect(readings.every(({ recall }) => recall !== undefined && !['e7', 'e8'].includes(recall.recall.target))).toBe(true);
  });

  test('an adversary that always says the same scores 0', async () => {
    const { groups, statistics } = await rolloutMemTrain(scriptedModel(adversary, { tokenizer }), documents, options);
    expect(groups.flatMap(({ trajectories }) => trajectories).every(({ reward, outcome }) => reward === 0 && outcome === 0)).toBe(true);
    expect(statistics).toMatchObject({ accuracy: 0, recallAccuracy: 0, memories: 12, meanMemoryTokens: 1 });
  });

  test('the arms: End-to-End makes no recall, Decoupled rewards it without coupling', async () => {
    const endToEnd = await rolloutMemTrain(scriptedModel(oracle, { tokenizer }), documents, { ...options, recallSamples: 0 });
    expect(endToEnd.groups.map(({ objective }) => objective)).toEqual(['E', 'E']);
    expect(endToEnd.statistics).toMatchObject({ meanReward: 1, recallAnswers: 0, readingsWithoutRecall: 0 });
    expect(endToEnd.statistics.recallAccuracy).toBeUndefined();
    const decoupled = await rolloutMemTrain(scriptedModel(oracle, { tokenizer }), documents, { ...options, couple: false });
    expect(decoupled.groups).toHaveLength(6);
    expect(decoupled.statistics).toMatchObject({ meanReward: 1, recallAccuracy: 1 });
  });

  test('leakProbes: the share of right answers from an empty memory, beside the rollout and without a change to it', async () => {
    const asked = [{ ...documents[0]!, problem: 'who is e7', objective: 'E' as const }, documents[1]!];
    // Knows the first document's answer without reading, the second one's never.
    const knowing: Script = (request, text, call) => {
      const { problem, memory, kind } = partsOf(text);
      if (kind === 'answer' && memory === miniatureTemplate.emptyMemory) return problem === 'who is e7' ? 'e7' : 'e0';
      return oracle(request, text, call);
    };
    const plain = await rolloutMemTrain(scriptedModel(knowing, { tokenizer }), asked, options);
    const model = scriptedModel(knowing, { tokenizer });
    const { groups, statistics } = await rolloutMemTrain(model, asked, { ...options, leakProbes: 3 });
    expect(statistics.leakRate).toBe(0.5);
    expect(plain.statistics.leakRate).toBeUndefined();
    expect({ ...statistics, leakRate: undefined }).toEqual({ ...plain.statistics, leakRate: undefined });
    expect(groups).toEqual(plain.groups);
    expect(new Set(model.requests.map(({ seed }) => seed)).size).toBe(model.requests.length);
  });

  test('shareTarget: all readings of a document are asked for the same entity, with seeds of their own', async () => {
    const many = documents.map((document) => ({ ...document, chunks: ['e1 w1 e9 e10 [MASK]', 'e2 e3 e11 e12', 'w3 e4', 'e13 e14'] }));
    const draws = async (shareTarget: boolean): Promise<string[][]> => {
      const model = scriptedModel(oracle, { tokenizer });
      const { readings } = await rolloutMemTrain(model, many, { ...options, trajectories: 6, shareTarget });
      const recalls = readings.map(({ recall }) => recall!.recall);
      expect(new Set(recalls.map(({ seed }) => seed)).size).toBe(12);
      return [0, 6].map((start) => recalls.slice(start, start + 6).map(({ k, l, target }) => `${k} ${l} ${target}`));
    };
    const shared = await draws(true);
    for (const group of shared) expect(new Set(group).size).toBe(1);
    for (const group of await draws(false)) expect(new Set(group).size).toBeGreaterThan(1);
    expect(await draws(true)).toEqual(shared);
  });

  test('the mode and the number of requests in flight change nothing', async () => {
    const run = (more: Partial<RolloutMemTrainOptions>): Promise<unknown> =>
      rolloutMemTrain(scriptedModel(oracle, { tokenizer }), documents, { ...options, ...more });
    const waves = await run({});
    expect(await run({ concurrency: 1 })).toEqual(waves);
    expect(await run({ mode: 'continuous', concurrency: 3 })).toEqual(waves);
  });

  test('the context is checked for the recall too', async () => {
    const model = scriptedModel(oracle, { tokenizer });
    // <q> which [TARGET] ? <mem> <chk> <ans> 7, memory 40, chunk 3, answer 2
    await expect(rolloutMemTrain(model, documents, { ...options, memoryTokens: 40, contextTokens: 90 })).resolves.toBeDefined();
    await expect(rolloutMemTrain(model, documents, { ...options, answerTokens: 43, contextTokens: 92 })).rejects.toThrow(
      'a recall needs 93 tokens = 7 (template) + 40 (memory) + 3 (chunk) + 43 (answer), but the context is 92',
    );
  });

  test('a document with its own question is QA: its question is asked, no recall is drawn', async () => {
    const model = scriptedModel(oracle, { tokenizer });
    const { groups } = await rolloutMemTrain(model, [{ ...documents[0]!, problem: 'who is e1' }, documents[1]!], options);
    expect(groups.map(({ objective }) => objective)).toEqual(['QA', 'E', 'I', 'I']);
    const problems = new Set(model.requests.map(({ prompt }) => partsOf(prompt as string).problem));
    expect([...problems]).toEqual(['who is e1', 'which [MASK] ?', 'which [TARGET] ?']);
    const explicit = await rolloutMemTrain(
      scriptedModel(oracle, { tokenizer }),
      [{ ...documents[0]!, problem: 'who is e1', objective: 'E' }],
      options,
    );
    expect(explicit.groups.map(({ objective }) => objective)).toEqual(['E', 'I', 'I']);
  });

  test('same seed, same rollout; another seed asks with other seeds', async () => {
    const run = async (seed: number): Promise<{ seeds: number[]; result: unknown }> => {
      const model = scriptedModel((request) => entities[Math.abs(request.seed) % entities.length]!, { tokenizer });
      const result = await rolloutMemTrain(model, documents, { ...options, seed });
      return { seeds: model.requests.map((request) => request.seed), result };
    };
    const first = await run(3);
    expect(await run(3)).toEqual(first);
    expect(new Set(first.seeds).size).toBe(first.seeds.length);
    expect((await run(4)).seeds).not.toEqual(first.seeds);
  });

  test('results in any order give the same rollout', async () => {
    const straight = scriptedModel(oracle, { tokenizer });
    const reversed: Model = {
      tokenizer,
      async *complete(requests, sampling) {
        const results = [];
        for await (const result of straight.complete(requests, sampling)) results.push(result);
        yield* results.toReversed();
      },
    };
    expect(await rolloutMemTrain(reversed, documents, options)).toEqual(await rolloutMemTrain(straight, documents, options));
  });

  test('failed calls are left out of the groups and the coupling, and count as wrong', async () => {
    const failures = new Set([0, 13]); // the first update of the first reading, and (3 calls less) the first recall answer
    const model = scriptedModel((request, text, call) => (failures.has(call) ? new Error('busy') : oracle(request, text, call)), {
      tokenizer,
    });
    const { groups, statistics, readings } = await rolloutMemTrain(model, documents, options);
    expect(groups.map(({ id, trajectories }) => [id, trajectories.length])).toEqual([
      ['E/0/same', 1],
      ['E/1/same', 2],
      ['I/E/0/same/1', 2],
      ['I/E/1/same/0', 3],
      ['I/E/1/same/1', 3],
    ]);
    expect(groups[0]!.trajectories[0]!.reward).toBe(1 + lambda);
    expect(statistics).toMatchObject({ accuracy: 3 / 4, recallAnswers: 9, recallAccuracy: 8 / 9 });
    expect(statistics.ends['model-error']).toBe(1);
    expect(statistics.recallEnds['model-error']).toBe(1);
    expect(readings[0]).toMatchObject({ reward: 0, outcome: 0, trajectory: { end: 'model-error' } });
    const dead = await rolloutMemTrain(
      scriptedModel(() => new Error('down'), { tokenizer }),
      documents,
      options,
    );
    expect(dead.groups).toEqual([]);
    expect(dead.statistics).toMatchObject({ accuracy: 0, ends: { 'model-error': 4 }, recallAnswers: 0 });
  });

  test('a reading without a recall keeps its plain reward and is counted', async () => {
    const plain: RolloutDocument = { id: 'plain', chunks: ['w1', 'w2'], gold: ['e7'] };
    const { groups, statistics } = await rolloutMemTrain(
      scriptedModel(() => 'e7', { tokenizer }),
      [plain],
      options,
    );
    expect(groups.map(({ objective }) => objective)).toEqual(['E']);
    expect(statistics).toMatchObject({ meanReward: 1, readingsWithoutRecall: 2, recallAnswers: 0 });
  });

  test('progress names the stage', async () => {
    const seen: string[] = [];
    await rolloutMemTrain(scriptedModel(oracle, { tokenizer }), documents, { ...options, onProgress: (...at) => seen.push(at.join(' ')) });
    expect(seen).toHaveLength(28);
    expect([seen[0], seen[15], seen[16], seen[27]]).toEqual(['read 1 16', 'read 16 16', 'recall 1 12', 'recall 12 12']);
  });

  test('refuses what cannot work, and rewards that are no numbers', async () => {
    const model = scriptedModel(oracle, { tokenizer });
    const { entitiesOf: _none, ...blind } = options;
    const { problem: _problem, ...questionless } = miniatureTemplate;
    for (const wrong of [
      { ...options, trajectories: 0 },
      { ...options, recallSamples: -1 },
      blind,
      { ...options, template: questionless },
    ]) {
      await expect(rolloutMemTrain(model, documents, wrong)).rejects.toMatchObject({ code: 'bad-options' });
    }
    expect(model.requests).toHaveLength(0);
    const rewards = { ...options.rewards, recall: () => NaN };
    const error: unknown = await rolloutMemTrain(model, documents, { ...options, rewards }).catch((thrown: unknown) => thrown);
    expect(AgentError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: 'bad-reward', message: expect.stringContaining('E/0/same/0') });
  });
});
