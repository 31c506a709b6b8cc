import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWorld } from '@memtrain/corpus';
import { wordTokenizer } from '@memtrain/policy';
import type { Learner } from '@memtrain/policy';
import { scriptedModel } from '@memtrain/policy/test';
import type { MiniatureEngine } from '../../src/miniature/run-miniature.ts';

/** An engine without weights: answers follow from the request's seed and the number of optimizer steps. */
export function scriptedEngine(folder: string): MiniatureEngine & { dispose(): Promise<void>; readonly steps: () => number } {
  const world = createWorld(0);
  const tokenizer = wordTokenizer(world.vocabulary);
  const entities = [...world.objects.get(world.relations[0]!)!];
  let steps = 0;
  const model = scriptedModel(
    (request, text) => {
      if (text.endsWith('<upd>'))
        return text
          .slice(text.indexOf('<chk>') + 6, -6)
          .split(' ')
          .slice(-6)
          .join(' ');
      return entities[Math.abs(request.seed + steps * 7919) % entities.length]!;
    },
    { tokenizer },
  );
  const learner: Learner = {
    forward: async (batch) => batch.map(({ logprobs }) => logprobs),
    forwardBackward: async (batch) => ({ loss: 0.5, tokens: batch.length, clipped: 0, movedKl: 0.001 }),
    optimStep: async () => ({ gradientNorm: 1, step: ++steps }),
    save: async (path) => {
      mkdirSync(path);
      writeFileSync(join(path, 'steps'), String(steps));
      return path;
    },
    load: async (path) => {
      steps = Number(readFileSync(join(path, 'steps'), 'utf8'));
    },
    model: async () => model,
  };
  const backbone = async (seed: number): Promise<string> => {
    const path = join(folder, `backbone-${seed}`);
    if (!existsSync(path)) {
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'steps'), String(seed * 100));
    }
    return path;
  };
  return { learner, backbone, dispose: async () => undefined, steps: () => steps };
}
