/**
 * A task of your own is one function: it samples from the model, and hands back groups of trajectories with their rewards. Here a telegraph
 * game: the model sees a colour and writes one word; in a context of its own it sees that word alone, and names the colour. Both conversations
 * are trained on the one reward. From random weights the words come to mean something: one of four is right by chance, nearly all after a minute.
 * Arguments: steps (default 60). The same file can be named in a configuration: `"task": "examples/own-task.ts"`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTrajectories } from '@memtrain/agent';
import { train, type Rollout, type RolloutContext, type RolloutGroup } from '@memtrain/grpo';
import { createLanguageModel } from '@memtrain/lm';
import { deriveSeed, wordTokenizer, type Completion, type Conversation, type Failure, type Request } from '@memtrain/policy';

type Trajectory = RolloutGroup['trajectories'][number];

const colours = ['red', 'blue', 'green', 'gold'];
export const vocabulary: readonly string[] = ['<pad>', '<eos>', 'colour:', 'telegram:', ...colours, 'dit', 'dah', 'dot', 'dash'];

/** One game: each `yield` is a conversation. */
function* play(colour: string, seed: number): Generator<Request, Trajectory, Completion | Failure> {
  const conversations: Conversation[] = [];
  let text = `colour: ${colour}`;
  for (const turn of ['write', 'read']) {
    const said = yield { prompt: text, seed: deriveSeed(seed, turn) };
    if ('error' in said) throw said.error;
    conversations.push(said.conversation!);
    text = turn === 'write' ? `telegram: ${said.text}` : said.text;
  }
  const reward = text === colour ? 1 : 0;
  return { reward, outcome: reward, conversations };
}

/** The task: sixteen games with each colour. Games with one colour are compared with each other. */
export default async function telegraph({ model, seed, signal }: RolloutContext): Promise<Rollout> {
  const games = colours.flatMap((colour) => Array.from({ length: 16 }, (_, game) => ({ colour, seed: deriveSeed(seed, colour, game) })));
  const tasks = games.map((game, index) => ({ id: `${index}`, steps: 2, run: () => play(game.colour, game.seed) }));
  const played: Trajectory[] = [];
  for await (const { index, value } of runTrajectories(model, tasks, { sampling: { maxTokens: 1 }, ...(signal && { signal }) })) {
    played[index] = value;
  }
  const groups = colours.map((colour, place) => ({
    id: colour,
    objective: 'telegraph',
    trajectories: played.slice(16 * place, 16 * (place + 1)),
  }));
  return { groups };
}

if (process.argv[1] === import.meta.filename) {
  const steps = Number(process.argv[2] ?? 60);
  const sizes = {
    vocabularySize: vocabulary.length,
    layers: 2,
    hiddenSize: 32,
    heads: 2,
    keyValueHeads: 1,
    headSize: 16,
    intermediateSize: 64,
  };
  const configuration = { ...sizes, ropeTheta: 100, normEpsilon: 1e-6, tiedEmbeddings: true, maxPositions: 16, initializerRange: 0.1 };
  const learner = createLanguageModel({ configuration, tokenizer: wordTokenizer(vocabulary), seed: 1, threads: 1 });
  const folder = await mkdtemp(join(tmpdir(), 'own-task-'));
  await train({
    learner,
    folder,
    steps,
    seed: 1,
    rollout: telegraph,
    loss: { clipLow: 0.2, clipHigh: 0.28, kl: 0 },
    schedule: { kind: 'constant', peak: 0.003 },
    checkpointEvery: steps,
    onStep: ({ step, objectives }) => {
      if (step % 10 === 0 || step === 1) console.log(`update ${step}: ${(100 * objectives['telegraph']!.outcome).toFixed(0)} % right`);
    },
  });
  await learner.dispose();
  await rm(folder, { recursive: true });
}
