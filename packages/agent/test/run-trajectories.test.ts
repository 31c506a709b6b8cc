import { describe, expect, test } from '@jest/globals';
import { AgentError, readDocuments, runTrajectories } from '@memtrain/agent';
import type { ReadItem, TrajectoryTask } from '@memtrain/agent';
import type { Completion, Indexed, Model, Request } from '@memtrain/policy';
import { scriptedModel } from '@memtrain/policy/test';
import fc from 'fast-check';
import { chatter, run, sampling } from './chatter-task.ts';
import { tokenizer } from './small-world.ts';

const promptOf = ({ prompt }: Request): string => prompt as string;

/** Answers after some turns of the event loop, each request with a delay of its own; counts what is in flight. */
function slowModel(delay: (prompt: string) => number): Model & { readonly most: () => number; readonly order: string[] } {
  let inFlight = 0;
  let most = 0;
  const order: string[] = [];
  return {
    most: () => most,
    order,
    async *complete(requests): AsyncGenerator<Indexed<Completion>> {
      most = Math.max(most, (inFlight += requests.length));
      for (const [index, request] of requests.entries()) {
        order.push(promptOf(request));
        for (let turn = delay(promptOf(request)); turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve));
        inFlight--;
        yield { index, text: `<${promptOf(request)}>`, finish: 'stop' };
      }
    },
  };
}

describe('runTrajectories', () => {
  test('every task ends once, whatever mode and concurrency, with the same replies', async () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(lengths, fc.integer({ min: 1, max: 8 }), fc.constantFrom('wave', 'continuous'), async (steps, concurrency, mode) => {
        const tasks = steps.map((count, index) => chatter(`t${index}`, count));
        const model = slowModel((prompt) => prompt.length % 3);
        const progress: number[] = [];
        const total = steps.reduce((sum, count) => sum + count, 0);
        const ended = await run(model, tasks, {
          mode,
          concurrency,
          onProgress: (done, of) => {
            expect(of).toBe(total);
            progress.push(done);
          },
        });
        const plain = await run(
          slowModel(() => 0),
          tasks,
          { concurrency: 1 },
        );
        expect(ended).toEqual(plain);
        expect(ended.size).toBe(steps.length);
        expect(model.most()).toBeLessThanOrEqual(concurrency);
        expect(progress).toEqual(Array.from({ length: total }, (_, done) => done + 1));
      }),
      { numRuns: 30 },
    );
  });

  test('continuous keeps all slots busy and is fair: nobody waits while another is asked twice', async () => {
    const model = slowModel(() => 1);
    const tasks = Array.from({ length: 12 }, (_, index) => chatter(`t${index}`, 3));
    await run(model, tasks, { mode: 'continuous', concurrency: 4 });
    expect(model.most()).toBe(4);
    // Four at a time, each asked once a round.
    for (let round = 0; round < model.order.length; round += 4) {
      expect(new Set(model.order.slice(round, round + 4).map((prompt) => prompt.split(' ')[0])).size).toBe(4);
    }
  });

  test('a slow trajectory does not hold up the others', async () => {
    const model = slowModel((prompt) => (prompt.startsWith('slow') ? 400 : 1));
    const ended: string[] = [];
    const tasks = [chatter('slow', 2), ...Array.from({ length: 20 }, (_, index) => chatter(`t${index}`, 2))];
    for await (const { id } of runTrajectories(model, tasks, { sampling, mode: 'continuous', concurrency: 2 })) ended.push(id);
    expect(ended.at(-1)).toBe('slow');
  });

  test('trajectories that wait for something else hold no slot', async () => {
    let waiting = 0;
    let most = 0;
    const searching = (id: string): TrajectoryTask<string> => ({
      id,
      steps: 1,
      async *run() {
        most = Math.max(most, ++waiting);
        await new Promise((resolve) => setTimeout(resolve, 5));
        waiting--;
        const result = yield { prompt: id, seed: 0 };
        return 'error' in result ? 'failed' : result.text;
      },
    });
    const tasks = Array.from({ length: 9 }, (_, index) => searching(`t${index}`));
    const ended = await run(
      slowModel(() => 0),
      tasks,
      { mode: 'continuous', concurrency: 3 },
    );
    expect(ended.size).toBe(9);
    expect(most).toBe(6);
  });

  test("a program's own error, and one of the progress function, is thrown", async () => {
    const broken: TrajectoryTask<string> = {
      id: 'broken',
      steps: 1,
      *run() {
        yield { prompt: 'x', seed: 0 };
        throw new Error('a bug');
      },
    };
    for (const mode of ['wave', 'continuous'] as const) {
      const model = scriptedModel(() => 'ok');
      await expect(run<unknown>(model, [broken, chatter('a', 2)], { mode })).rejects.toThrow('a bug');
      const onProgress = (): void => {
        throw new Error('bar broken');
      };
      await expect(run(model, [chatter('a', 2)], { mode, onProgress })).rejects.toThrow('bar broken');
    }
  });

  test('refuses a concurrency of 0 and an unknown mode', async () => {
    for (const wrong of [{ concurrency: 0 }, { mode: 'other' as 'wave' }]) {
      const error: unknown = await run(scriptedModel([]), [], wrong).catch((thrown: unknown) => thrown);
      expect(AgentError.isInstance(error) && error.code).toBe('bad-options');
    }
  });

  test('a thousand readings at once, one failed call in ten: every record is there', async () => {
    const items: ReadItem[] = Array.from({ length: 1000 }, (_, index) => {
      return { id: `d${index}`, chunks: ['w1', 'w2'], problem: index % 10 === 0 ? 'w9' : 'w8', seed: index };
    });
    const model = scriptedModel((_request, text) => (text.includes('w9') ? new Error('busy') : 'e1'), { tokenizer });
    const options = { template: 'miniature', memoryTokens: 4, answerTokens: 4, concurrency: 64 } as const;
    const waves = await readDocuments(model, items, options);
    expect(waves.map(({ id }) => id)).toEqual(items.map(({ id }) => id));
    expect(waves.filter(({ end }) => end === 'model-error')).toHaveLength(100);
    const continuous = await readDocuments(model, items, { ...options, mode: 'continuous' });
    const told = (readings: typeof waves): string[] =>
      readings.map(({ id, end, memories, answer }) => [id, end, ...memories, answer].join(' '));
    expect(told(continuous)).toEqual(told(waves));
    // Jest takes seconds to compare all of them in depth.
    expect(continuous.slice(0, 20)).toEqual(waves.slice(0, 20));
  });
});
