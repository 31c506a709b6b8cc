/**
 * Does anything grow? `npm run bench -- leaks [--steps 300]`: training steps and generations of a tiny model in turn, with changing shapes. Live
 * tensors and compiled sessions must be constant and resident memory flat to 5 % after the first third. Exits 1 otherwise.
 */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { createLanguageModel, onnxruntimeExecutor, type Executor } from '@memtrain/lm';
import { randomFromSeed, wordTokenizer, type Datum, type Request } from '@memtrain/policy';

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { steps: { type: 'string', default: '300' } } });
  const steps = Number(values.steps);
  let sessions = 0;
  const counting: Executor = {
    name: 'counting',
    async compile(fn, specs, options) {
      const compiled = await onnxruntimeExecutor.compile(fn, specs, options);
      sessions++;
      return {
        inputs: compiled.inputs,
        outputs: compiled.outputs,
        run: compiled.run,
        dispose: async () => {
          sessions--;
          await compiled.dispose();
        },
      };
    },
  };
  const random = randomFromSeed(1);
  const model = createLanguageModel({
    configuration: {
      vocabularySize: 256,
      hiddenSize: 64,
      layers: 2,
      heads: 4,
      keyValueHeads: 2,
      headSize: 16,
      intermediateSize: 128,
      ropeTheta: 10_000,
      normEpsilon: 1e-6,
      tiedEmbeddings: true,
      maxPositions: 512,
      initializerRange: 0.1,
    },
    tokenizer: wordTokenizer(['<pad>', '<eos>', ...Array.from({ length: 254 }, (_, i) => `w${i}`)]),
    seed: 1,
    threads: 1,
    executor: counting,
  });
  const tokens = (length: number): Int32Array => Int32Array.from({ length }, () => 2 + random.integer(254));
  const marks: { step: number; tensors: number; sessions: number; mebibytes: number }[] = [];
  for (let step = 1; step <= steps; step++) {
    const prompts = Array.from({ length: 4 }, () => tokens(20 + random.integer(60)));
    const requests = prompts.flatMap((prompt) => [1, 2].map((seed): Request => ({ prompt, seed: 100 * step + seed })));
    const data: Datum[] = [];
    for await (const result of (await model.model()).complete(requests, { maxTokens: 8 })) {
      if ('conversation' in result) data.push({ ...result.conversation!, advantage: Math.sin(step + result.index), weight: 0.1 });
    }
    await model.forwardBackward(data, { kind: 'policyGradient', clipLow: 0.2, clipHigh: 0.28, kl: 0 });
    await model.optimStep({ learningRate: 1e-4 });
    if (step % Math.ceil(steps / 12) > 0) continue;
    (globalThis as { gc?: () => void }).gc?.();
    const mark = { step, tensors: tf.memory().numTensors, sessions, mebibytes: Math.round(process.memoryUsage().rss / 2 ** 20) };
    marks.push(mark);
    console.log(`step ${step}: ${mark.tensors} tensors, ${mark.sessions} sessions, ${mark.mebibytes} MiB`);
  }
  await model.dispose();
  const later = marks.slice(Math.floor(marks.length / 3));
  const span = (of: (mark: (typeof marks)[number]) => number): [number, number] => [Math.min(...later.map(of)), Math.max(...later.map(of))];
  const [fewest, most] = span(({ tensors }) => tensors);
  const [low, high] = span(({ mebibytes }) => mebibytes);
  const middle = (low + high) / 2;
  console.log(
    `tensors ${fewest} to ${most}, memory ${low} to ${high} MiB (${(((high - low) / 2 / middle) * 100).toFixed(1)} % around the middle), ${sessions} sessions left`,
  );
  if (fewest !== most || sessions !== 0 || (high - low) / 2 > 0.05 * middle) process.exitCode = 1;
}
