import { describe, expect, test } from '@jest/globals';
import { AgentError, rolloutSearch, searchTemplates } from '@memtrain/agent';
import type { RolloutSearchOptions, SearchedQuestion } from '@memtrain/agent';
import { wordTokenizer } from '@memtrain/policy';
import { scriptedModel } from '@memtrain/policy/test';
import type { Script } from '@memtrain/policy/test';
import fc from 'fast-check';

interface Question extends SearchedQuestion {
  readonly gold: string;
}

const questions: readonly Question[] = [
  { id: 'a', question: 'where is Anna', gold: 'Rome' },
  { id: 'b', question: 'where is Bruno', gold: 'Oslo' },
];
const places: Readonly<Record<string, string>> = { Anna: 'Rome', Bruno: 'Oslo' };
const retriever = (query: string): { text: string }[] => [{ text: `FOUND ${query} lives in ${places[query]}` }];
const tags = ['<search>', '</search>', '<answer>', '</answer>', '<information>', '</information>', '|'];
const words = [
  '<pad>',
  '<eos>',
  ...tags,
  'where',
  'is',
  'lives',
  'in',
  'Nothing',
  'was',
  'found.',
  'FOUND',
  'Doc',
  '1',
  'Last',
  'turn',
  'x',
];
const vocabulary = [...words, ...Object.entries(places).flat()];
const tokenizer = wordTokenizer(vocabulary);
/** Words that one tokenizer of the tests knows. */
const template = {
  ...searchTemplates.state,
  chat: false,
  prompt: ({ question, last }: { question: string; last?: { reply: string; information: string } }) =>
    last ? `${question} | ${last.reply} ${last.information}` : question,
  information: ({ found, turnsLeft }: { found: string; turnsLeft: number }) =>
    `<information> ${turnsLeft === 1 ? 'Last turn' : ''} ${found} </information>`,
  parse: (text: string, finish: 'stop' | 'length') => {
    const reply = searchTemplates.state.parse(text, finish);
    return {
      ...reply,
      text: reply.text
        .replace(/(<\/?\w+>)/g, ' $1 ')
        .replace(/ +/g, ' ')
        .trim(),
    };
  },
  correction: 'Nothing was found.',
};
const options: RolloutSearchOptions<Question> = {
  template,
  retriever,
  stopAtAction: false,
  seed: 5,
  trajectories: 2,
  responseTokens: 8,
  resultTokens: 20,
  reward: (answer, { gold }) => ({ reward: answer === gold ? 1 : -0.5, outcome: answer === gold ? 1 : 0 }),
};
/** Searches once, then answers with what was found. */
const searcher: Script = (_request, text) => {
  const place = /lives in (\w+)/.exec(text)?.[1];
  return place === undefined ? `<search> ${/is (\w+)/.exec(text)![1]} </search>` : `<answer> ${place} </answer>`;
};

describe('rolloutSearch', () => {
  test('searches for every question G times and groups by question', async () => {
    const { groups, statistics, searches } = await rolloutSearch(scriptedModel(searcher, { tokenizer }), questions, options);
    expect(groups.map(({ id, objective, trajectories }) => [id, objective, trajectories.length])).toEqual([
      ['QA/0/a', 'QA', 2],
      ['QA/1/b', 'QA', 2],
    ]);
    expect(searches.every(({ reward, outcome }) => reward === 1 && outcome === 1)).toBe(true);
    expect(statistics).toMatchObject({ searches: 4, accuracy: 1, meanTurns: 2, meanQueries: 1, conversations: 8, ends: { answered: 4 } });
    expect(statistics.leakRate).toBeUndefined();
  });

  test('what was retrieved stands in prompts alone: the trained tokens are the sampled ones', async () => {
    const model = scriptedModel(searcher, { tokenizer });
    const { groups } = await rolloutSearch(model, questions, options);
    const conversations = groups.flatMap(({ trajectories }) => trajectories.flatMap((trajectory) => trajectory.conversations));
    const found = tokenizer.encode('FOUND')[0]!;
    expect(conversations.filter(({ prompt }) => prompt.includes(found))).toHaveLength(4);
    for (const { prompt, completion, logprobs } of conversations) {
      expect(completion.includes(found)).toBe(false);
      expect(logprobs).toHaveLength(completion.length);
      const text = tokenizer.decode(prompt);
      const said = `${searcher({ prompt: text, seed: 0 }, text, 0) as string} <eos>`;
      expect([...completion]).toEqual([...tokenizer.encode(said)]);
    }
  });

  test('leakProbes answer in one turn, never reach the retriever, and are in no group', async () => {
    let calls = 0;
    const knowing: Script = (request, text, call) =>
      text === questions[0]!.question && call >= 8 ? '<answer> Rome </answer>' : searcher(request, text, call);
    const model = scriptedModel(knowing, { tokenizer });
    const counted = (query: string): { text: string }[] => (calls++, retriever(query));
    const { groups, statistics } = await rolloutSearch(model, questions, { ...options, retriever: counted, leakProbes: 1 });
    expect(statistics).toMatchObject({ leakRate: 0.5, searches: 4, conversations: 8 });
    expect(groups.every(({ trajectories }) => trajectories.length === 2)).toBe(true);
    expect(calls).toBe(4);
  });

  test('a failing retriever leaves its searches out of the groups and counts as wrong', async () => {
    const down = (query: string): { text: string }[] => {
      if (query === 'Anna') throw new Error('down');
      return retriever(query);
    };
    const { groups, statistics } = await rolloutSearch(scriptedModel(searcher, { tokenizer }), questions, { ...options, retriever: down });
    expect(groups.map(({ id }) => id)).toEqual(['QA/1/b']);
    expect(statistics).toMatchObject({ accuracy: 0.5, ends: { answered: 2, 'retriever-error': 2 } });
  });

  test('whatever fails, every finished search is in the group of its question once, and every end is counted', async () => {
    const outcomes = fc.constantFrom('right', 'wrong', 'silent', 'no model', 'no retriever');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(outcomes, { minLength: 2, maxLength: 2 }), { maxLength: 4 }), async (plan) => {
        const asked = plan.map((_, index) => ({ id: `${index % 2}`, question: 'is x', gold: 'Rome' }));
        // In waves the requests come question by question: call i is search i.
        const script: Script = (_request, _text, call) => {
          const what = plan.flat()[call];
          if (what === 'no model') return new Error('no answer');
          if (what === 'no retriever') return '<search> x </search>';
          return what === 'silent' ? 'x' : `<answer> ${what === 'right' ? 'Rome' : 'Oslo'} </answer>`;
        };
        const down = (): never => {
          throw new Error('down');
        };
        const model = scriptedModel(script, { tokenizer });
        const { groups, statistics } = await rolloutSearch(model, asked, { ...options, retriever: down });
        const finished = plan.map((two) => two.filter((what) => !what.startsWith('no ')));
        expect(groups.map(({ trajectories }) => trajectories.map(({ outcome }) => outcome))).toEqual(
          finished.filter((two) => two.length > 0).map((two) => two.map((what) => (what === 'right' ? 1 : 0))),
        );
        expect(new Set(groups.map(({ id }) => id)).size).toBe(groups.length);
        expect(Object.values(statistics.ends).reduce((sum, count) => sum + count, 0)).toBe(2 * plan.length);
        expect(statistics.conversations).toBe(plan.flat().filter((what) => what !== 'no model').length);
      }),
    );
  });

  test('same seed, same requests; every request has its own seed', async () => {
    const seeds = async (seed: number): Promise<number[]> => {
      const model = scriptedModel(searcher, { tokenizer });
      await rolloutSearch(model, questions, { ...options, seed });
      return model.requests.map((request) => request.seed);
    };
    const first = await seeds(5);
    expect(await seeds(5)).toEqual(first);
    expect(await seeds(6)).not.toEqual(first);
    expect(new Set(first).size).toBe(first.length);
  });

  test('a reward that is no number is an error that names the trajectory', async () => {
    const reward = (): { reward: number; outcome: number } => ({ reward: Number.NaN, outcome: 0 });
    const work = rolloutSearch(scriptedModel(searcher, { tokenizer }), questions, { ...options, reward });
    await expect(work).rejects.toThrow(AgentError);
    await expect(work).rejects.toThrow(/trajectory QA\/0\/a\/0 is NaN/);
  });
});
