import { describe, expect, test } from '@jest/globals';
import { answerRecalls, drawRecalls, miniatureTemplate } from '@memtrain/agent';
import type { Trajectory } from '@memtrain/agent';
import { scriptedModel } from '@memtrain/policy/test';
import fc from 'fast-check';
import { entitiesOf, partsOf, tokenizer, vocabulary } from './small-world.ts';

const template = miniatureTemplate;
const trajectory = (chunks: readonly string[], seed: number, memories = chunks.map((_, t) => `w${t}`)): Trajectory => ({
  id: `t${seed}`,
  item: { id: `t${seed}`, chunks, problem: '', seed },
  memories,
  conversations: [],
  answerText: '',
  end: 'answered',
  truncatedMemories: 0,
});

describe('drawRecalls', () => {
  test('shows memory k and an earlier chunk l in which every occurrence of the target is hidden', () => {
    const chunk = fc.array(fc.constantFrom(...vocabulary), { maxLength: 6 }).map((list) => list.join(' '));
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 6 }), fc.integer(), (chunks, seed) => {
        const [recall] = drawRecalls([trajectory(chunks, seed)], { template, entitiesOf, exclude: () => ['e0'] });
        const possible = chunks.slice(0, -1).some((text) => entitiesOf(text).some((entity) => entity !== 'e0'));
        expect(recall !== undefined).toBe(possible);
        if (!recall) return;
        const { k, l, target, prompt } = recall;
        expect(l).toBeGreaterThanOrEqual(0);
        expect(k).toBeGreaterThan(l);
        expect(k).toBeLessThan(chunks.length);
        expect(target).not.toBe('e0');
        const shown = partsOf(prompt);
        expect(shown).toMatchObject({ problem: 'which [TARGET] ?', memory: `w${k}` });
        expect(shown.chunk).toBe(
          chunks[l]!.split(' ')
            .map((word) => (word === target ? '[TARGET]' : word))
            .join(' '),
        );
      }),
    );
  });

  test('follows from the seed; other seeds reach every k, l and target', () => {
    const chunks = ['e1 e2', 'e3', 'e4'];
    const draw = (seed: number): string => {
      const [recall] = drawRecalls([trajectory(chunks, seed)], { template, entitiesOf });
      return `${recall!.k} ${recall!.l} ${recall!.target}`;
    };
    const all = Array.from({ length: 200 }, (_, seed) => draw(seed));
    expect(Array.from({ length: 200 }, (_, seed) => draw(seed))).toEqual(all);
    expect([...new Set(all)].toSorted()).toEqual(['1 0 e1', '1 0 e2', '2 0 e1', '2 0 e2', '2 1 e3']);
  });

  test('preferUnrepeated: a target stands in no other chunk up to k, where there is such an entity', () => {
    const chunk = fc.array(fc.constantFrom('e1', 'e2', 'e3', 'e4', 'w1'), { maxLength: 3 }).map((list) => list.join(' '));
    const draw = (chunks: readonly string[], seed: number, preferUnrepeated: boolean) =>
      drawRecalls([trajectory(chunks, seed)], { template, entitiesOf, preferUnrepeated })[0];
    let [preferred, without] = [0, 0];
    fc.assert(
      fc.property(fc.array(chunk, { minLength: 2, maxLength: 5 }), fc.integer(), (chunks, seed) => {
        const repeated = (recall: { k: number; l: number; target: string }): boolean =>
          chunks.slice(0, recall.k + 1).some((other, place) => place !== recall.l && entitiesOf(other).includes(recall.target));
        const recall = draw(chunks, seed, true);
        const plain = draw(chunks, seed, false);
        // The step and the chunk are the same; only the target may differ.
        expect([recall?.k, recall?.l]).toEqual([plain?.k, plain?.l]);
        if (!recall || !plain) return;
        const { k, l } = recall;
        const anyUnrepeated = entitiesOf(chunks[l]!).some((target) => !repeated({ k, l, target }));
        expect(repeated(recall)).toBe(!anyUnrepeated);
        if (anyUnrepeated) preferred++;
        if (repeated(plain) && anyUnrepeated) without++;
      }),
      { numRuns: 300 },
    );
    expect(preferred).toBeGreaterThan(20);
    expect(without).toBeGreaterThan(5);
  });

  test('none with fewer than two memories, nor without entities; the others keep their places', () => {
    const drawn = drawRecalls([trajectory(['e1'], 1), trajectory(['w1', 'e2'], 2), trajectory(['e1', 'w1'], 3)], { template, entitiesOf });
    expect(drawn.map((recall) => recall?.target)).toEqual([undefined, undefined, 'e1']);
  });

  test.each<[string, string, string | undefined]>([
    ['ph1', 'ph1 likes ph12, (ph1)', '[TARGET] likes ph12, ([TARGET])'],
    ['Jean-Luc', 'Jean-Luc met Jean-Lucas.', '[TARGET] met Jean-Lucas.'],
    ['Espa', 'España', undefined],
    ['Ann', 'Ann’s Anna', '[TARGET]’s Anna'],
    ['C++ (1.0)', 'in C++ (1.0)!', 'in [TARGET]!'],
    ['東京', '私は東京にいる', '私は[TARGET]にいる'],
    ['$5', 'for $5 or $50', 'for [TARGET] or $50'],
    ['Bob', 'Bob [TARGET]', undefined],
    ['the [MASK]', 'the [MASK]', undefined],
    ['', 'text', undefined],
  ])('hides %j in %j as %j', (entity, chunk, expected) => {
    const plain = { ...template, recall: ({ chunk: shown }: { chunk: string }) => shown };
    const [recall] = drawRecalls([trajectory([chunk, 'x'], 1)], {
      template: plain,
      entitiesOf: (text) => (text === chunk ? [entity] : []),
    });
    expect(recall?.prompt).toBe(expected);
  });
});

describe('answerRecalls', () => {
  const recalls = drawRecalls([trajectory(['e1', 'w1'], 1), trajectory(['e2', 'w1'], 2)], { template, entitiesOf }).filter(
    (one) => one !== undefined,
  );

  test('asks each recall G2 times with seeds of their own, answers to one prompt side by side', async () => {
    const model = scriptedModel((_request, _text, call) => `e${call}`, { tokenizer });
    const answers = await answerRecalls(model, recalls, { template, samples: 3, answerTokens: 2 });
    expect(answers.map((group) => group.map(({ answer }) => answer))).toEqual([
      ['e0', 'e1', 'e2'],
      ['e3', 'e4', 'e5'],
    ]);
    expect(new Set(model.requests.map(({ seed }) => seed)).size).toBe(6);
    expect(answers[0]![0]!.conversation?.prompt).toEqual(tokenizer.encode(recalls[0]!.prompt));
  });

  test('a failed call is a record; no samples make no call', async () => {
    const model = scriptedModel([new Error('busy'), 'e1', '', 'e2'], { tokenizer });
    const answers = await answerRecalls(model, recalls, { template, samples: 2, answerTokens: 2 });
    expect(answers.map((group) => group.map(({ end }) => end))).toEqual([
      ['model-error', 'answered'],
      ['no-answer', 'answered'],
    ]);
    expect(answers[0]![0]).toEqual({ text: '', end: 'model-error', error: new Error('busy') });
    const idle = scriptedModel([], { tokenizer });
    expect(await answerRecalls(idle, recalls, { template, samples: 0, answerTokens: 2 })).toEqual([[], []]);
    expect(idle.requests).toHaveLength(0);
  });
});
