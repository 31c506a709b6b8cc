import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { computeRewards, loadReward, RewardError } from '@memtrain/rewards';
import type { BatchReward, Reward, RewardTrajectory } from '@memtrain/rewards';

const folder = mkdtempSync(join(tmpdir(), 'custom-reward-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function trajectories(...ids: string[]): RewardTrajectory[] {
  return ids.map((id) => ({ id, item: { problem: '', chunks: [] }, memories: [], answer: `p${id}`, answerText: id, gold: ['pa'] }));
}

const three = trajectories('a', 'b', 'c');
const forever = new Promise<never>(() => undefined);

describe('a custom reward', () => {
  test('is a function, sync or async, of a number or of a number with metrics; results keep their order', async () => {
    const sync: Reward = ({ answer, gold }, { verify }) => verify(answer!, gold);
    expect(await computeRewards(sync, three)).toEqual([1, 0, 0].map((reward) => ({ reward, metrics: {} })));
    const slow: Reward = async ({ id }) => {
      await new Promise((resolve) => setTimeout(resolve, id === 'a' ? 20 : 1));
      return { reward: id.charCodeAt(0), metrics: { length: id.length } };
    };
    expect(await computeRewards(slow, three)).toEqual([97, 98, 99].map((reward) => ({ reward, metrics: { length: 1 } })));
    const batch: BatchReward = { batch: (all) => all.map((_, place) => place) };
    expect((await computeRewards(batch, three)).map(({ reward }) => reward)).toEqual([0, 1, 2]);
    expect(await computeRewards(batch, [])).toEqual([]);
  });

  test('never more in work than allowed', async () => {
    let [open, most] = [0, 0];
    const reward: Reward = async () => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 2));
      return -open--;
    };
    await computeRewards(reward, trajectories(...'abcdefgh'), { concurrency: 3 });
    expect(most).toBe(3);
  });

  const broken: Record<string, unknown> = {
    undefined,
    null: null,
    NaN,
    infinity: -Infinity,
    text: '1',
    'an object without a number': { score: 1 },
    'NaN inside': { reward: NaN },
    'a metric that is no number': { reward: 1, metrics: { length: NaN } },
  };
  test.each(Object.keys(broken))('one that returns %s is an error with the id, never a zero', async (name) => {
    const reward = (({ id }) => (id === 'b' ? broken[name] : 1)) as Reward;
    const batch = { batch: (all) => all.map((each) => reward(each, {} as never)) } as BatchReward;
    for (const each of [reward, batch]) {
      await expect(computeRewards(each, three)).rejects.toMatchObject({
        code: 'not-a-number',
        ids: ['b'],
        message: expect.stringContaining('trajectory b'),
      });
    }
  });

  test('one that throws or rejects is an error with the id and the cause', async () => {
    const cause = new TypeError('x is undefined');
    const failing: (Reward | BatchReward)[] = [
      () => {
        throw cause;
      },
      () => Promise.reject(cause),
      {
        batch: () => {
          throw cause;
        },
      },
    ];
    for (const reward of failing) {
      const error: unknown = await computeRewards(reward, trajectories('d7/3')).catch((caught: unknown) => caught);
      expect(RewardError.isInstance(error)).toBe(true);
      expect(error).toMatchObject({
        code: 'reward-failed',
        ids: ['d7/3'],
        cause,
        message: expect.stringMatching(/d7\/3 failed: x is undefined/),
      });
    }
  });

  test.each([[[1, 2]], [[1, 2, 3, 4]], [[]], [undefined], [7]])(
    'a batch that returns %j for three is an error with the ids',
    async (values) => {
      const reward = { batch: () => values } as unknown as BatchReward;
      await expect(computeRewards(reward, three)).rejects.toMatchObject({ code: 'wrong-count', ids: ['a', 'b', 'c'] });
    },
  );

  test('one that hangs is an error with the id, and is told to stop', async () => {
    let told = false;
    const reward: Reward = ({ id }, { signal }) => {
      if (id !== 'c') return 1;
      signal.addEventListener('abort', () => (told = true));
      return forever;
    };
    await expect(computeRewards(reward, three, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'timeout', ids: ['c'] });
    expect(told).toBe(true);
    await expect(computeRewards({ batch: () => forever }, three, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'timeout',
      ids: ['a', 'b', 'c'],
    });
  });

  test('without a time limit it may take any time', async () => {
    const slow: Reward = () => new Promise((resolve) => setTimeout(() => resolve(1), 30));
    expect(await computeRewards(slow, trajectories('a'), { timeoutMs: Infinity })).toEqual([{ reward: 1, metrics: {} }]);
  });

  test('an abort throws its reason', async () => {
    const reason = new Error('stopped');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 10);
    await expect(computeRewards(() => forever, three, { signal: controller.signal })).rejects.toBe(reason);
    await expect(computeRewards(() => 1, three, { signal: controller.signal })).rejects.toBe(reason);
  });

  test.each([{ timeoutMs: 0 }, { timeoutMs: NaN }, { concurrency: 0 }])('%j is refused', async (options) => {
    await expect(computeRewards(() => 1, three, options)).rejects.toMatchObject({ code: 'bad-options' });
  });
});

describe('loadReward', () => {
  const file = join(folder, 'mine.mjs');
  writeFileSync(
    file,
    'export default () => 1;\nexport const half = () => 0.5;\nexport const many = { batch: (all) => all.map(() => 2) };\nexport const wrong = 3;\n',
  );

  test('takes the default export, a named one, and a batch; relative to a folder', async () => {
    const rewardOf = async (path: string): Promise<number> =>
      (await computeRewards(await loadReward(path, { folder }), trajectories('a')))[0]!.reward;
    expect([await rewardOf('mine.mjs'), await rewardOf('./mine.mjs#half'), await rewardOf(`${file}#many`)]).toEqual([1, 0.5, 2]);
  });

  test.each([
    ['missing.mjs', /missing\.mjs cannot be loaded/],
    ['mine.mjs#nothing', /exports no reward as nothing \(it exports .*half.*\)/],
    ['mine.mjs#wrong', /exports no reward as wrong/],
  ])('%s: bad-module', async (path, message) => {
    await expect(loadReward(path, { folder })).rejects.toMatchObject({ code: 'bad-module', message: expect.stringMatching(message) });
  });
});

test('the reward that the README shows has at most 10 lines, loads and runs', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const snippet = /## A reward of your own[^]*?```js\n([^]*?)```/.exec(readme)![1]!;
  expect(snippet.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  writeFileSync(join(folder, 'short-answers.mjs'), snippet);
  const reward = await loadReward('short-answers.mjs', { folder });
  const [right, long, wrong] = trajectories('a', 'a', 'b');
  const computed = await computeRewards(reward, [right!, { ...long!, answer: `pa${' '.repeat(50)}` }, wrong!]);
  expect(computed).toEqual([
    { reward: 1, metrics: { length: 2 } },
    { reward: 0.5, metrics: { length: 52 } },
    { reward: 0, metrics: { length: 2 } },
  ]);
});
