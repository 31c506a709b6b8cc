import { describe, expect, test } from '@jest/globals';
import { readDocuments, runTrajectories } from '@memtrain/agent';
import type { ReadItem, TrajectoryTask } from '@memtrain/agent';
import type { Model } from '@memtrain/policy';
import { scriptedModel } from '@memtrain/policy/test';
import { chatter, run, sampling } from './chatter-task.ts';

describe('a run that is stopped', () => {
  test('an abort throws its reason at once, even when the model never answers', async () => {
    for (const mode of ['wave', 'continuous'] as const) {
      const controller = new AbortController();
      const hanging: Model = {
        async *complete() {
          setImmediate(() => controller.abort(new Error('stopped by the user')));
          yield await new Promise<never>(() => undefined);
        },
      };
      await expect(run(hanging, [chatter('a', 2), chatter('b', 2)], { mode, signal: controller.signal })).rejects.toThrow(
        'stopped by the user',
      );
      await expect(run(hanging, [chatter('a', 1)], { mode, signal: controller.signal })).rejects.toThrow('stopped by the user');
    }
  });

  test('onAbort keep: what ended is there, the rest is told that it was cancelled', async () => {
    for (const mode of ['wave', 'continuous'] as const) {
      const controller = new AbortController();
      const model = scriptedModel((_request, text) => {
        if (text.startsWith('b 1')) controller.abort();
        return 'ok';
      });
      const ended = await run(model, [chatter('a', 1), chatter('b', 3), chatter('c', 1)], {
        mode,
        concurrency: 1,
        signal: controller.signal,
        onAbort: 'keep',
      });
      expect(ended.get('a')).toEqual(['ok']);
      expect(ended.get('b')!.at(-1)).toMatch(/^failed: cancelled/);
      expect(ended.get('c')).toEqual([expect.stringMatching(/^failed: cancelled/)]);
      expect(model.requests.length).toBeLessThan(5);
    }
  });

  test('onAbort keep does not wait for a model that never answers', async () => {
    for (const mode of ['wave', 'continuous'] as const) {
      const controller = new AbortController();
      const hanging: Model = {
        async *complete() {
          setImmediate(() => controller.abort());
          yield await new Promise<never>(() => undefined);
        },
      };
      const ended = await run(hanging, [chatter('a', 2), chatter('b', 2)], { mode, signal: controller.signal, onAbort: 'keep' });
      expect([...ended.values()].flat()).toEqual([
        expect.stringMatching(/^failed: cancelled/),
        expect.stringMatching(/^failed: cancelled/),
      ]);
    }
  });

  test('readDocuments keeps unfinished readings as records that end cancelled', async () => {
    const controller = new AbortController();
    const model = scriptedModel((_request, _text, call) => {
      if (call === 2) controller.abort();
      return 'w1';
    });
    const items: ReadItem[] = [{ id: 'a', chunks: ['w1', 'w2', 'w3'], problem: 'who', seed: 1 }];
    const options = { template: 'miniature', memoryTokens: 4, answerTokens: 4, signal: controller.signal, onAbort: 'keep' } as const;
    const [read] = await readDocuments(model, items, options);
    expect(read).toMatchObject({ end: 'cancelled', memories: ['w1', 'w1'], error: { code: 'cancelled' } });
  });

  test('a consumer that stops aborts the calls in flight', async () => {
    let aborted = 0;
    const model: Model = {
      async *complete(requests, { signal }) {
        if ((requests[0]!.prompt as string).startsWith('t0')) {
          yield { index: 0, text: 'ok', finish: 'stop' };
          return;
        }
        await new Promise<void>((resolve) => signal!.addEventListener('abort', () => resolve()));
        aborted++;
      },
    };
    const tasks = Array.from({ length: 4 }, (_, index) => chatter(`t${index}`, 1));
    for await (const { id } of runTrajectories(model, tasks, { sampling, mode: 'continuous', concurrency: 4 })) {
      expect(id).toBe('t0');
      break;
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(aborted).toBe(3);
  });

  test('programs that are not run on are closed, whatever stops the run', async () => {
    for (const mode of ['wave', 'continuous'] as const) {
      for (const stop of ['break', 'abort', 'error'] as const) {
        const closed: string[] = [];
        const controller = new AbortController();
        const holding = (id: string): TrajectoryTask<string> => ({
          id,
          steps: 9,
          async *run() {
            try {
              for (let step = 0; step < 9; step++) yield { prompt: id, seed: step };
              return 'done';
            } finally {
              closed.push(id);
            }
          },
        });
        let calls = 0;
        const model = scriptedModel(() => {
          if (++calls === 4 && stop === 'abort') controller.abort(new Error('stopped'));
          return 'ok';
        });
        const short: TrajectoryTask<string> = {
          id: 'short',
          steps: 1,
          *run() {
            yield { prompt: 'short', seed: 0 };
            if (stop === 'error') throw new Error('a bug');
            return 'done';
          },
        };
        const consume = async (): Promise<void> => {
          const tasks = [holding('a'), short, holding('b')];
          for await (const _ of runTrajectories(model, tasks, { sampling, mode, signal: controller.signal })) if (stop === 'break') break;
        };
        if (stop === 'break') await consume();
        else await expect(consume()).rejects.toThrow(stop === 'abort' ? 'stopped' : 'a bug');
        await new Promise((resolve) => setImmediate(resolve));
        expect(closed.toSorted()).toEqual(['a', 'b']);
      }
    }
  });

  test('an abort is not held up by a program that waits for something else', async () => {
    for (const mode of ['wave', 'continuous'] as const) {
      const controller = new AbortController();
      const waiting: TrajectoryTask<string> = {
        id: 'a',
        steps: 1,
        async *run() {
          setImmediate(() => controller.abort(new Error('stopped by the user')));
          await new Promise<never>(() => undefined);
          yield { prompt: 'a', seed: 0 };
          return 'done';
        },
      };
      const stopped = run(scriptedModel([]), [waiting], { mode, signal: controller.signal });
      await expect(stopped).rejects.toThrow('stopped by the user');
    }
  });
});
