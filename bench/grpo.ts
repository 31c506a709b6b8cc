/**
 * GRPO updates on the local engine. `npm run bench -- grpo [--parts trl,memtrain] [--threads 2,1] [--steps 6] [--python PYTHON] [--dry]`.
 * `trl`: 2 prompts x 8 samples of 64 tokens beside TRL's GRPOTrainer on the same weights, in the Python of `--python` or MEMTRAIN_PYTHON (with
 * trl); without one it is left out. `memtrain`: a joint update of 8 documents with G1 = G2 = 8, beside the same with nothing to share.
 * The two sides take turns, a step each, so that whatever else the machine does hits both. Parts that are not run keep their figures. Writes
 * docs/results/grpo.json and grpo.md; with `--dry` it only prints.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { rolloutMemTrain, type PromptTemplate } from '@memtrain/agent';
import { train, type RolloutContext, type RolloutGroup, type RolloutTrajectory, type TrainOptions } from '@memtrain/grpo';
import { createLanguageModel, type LanguageModel } from '@memtrain/lm';
import { deriveSeed, encodePrompt, randomFromSeed, saveWordTokenizer, wordTokenizer, type Model, type Tokenizer } from '@memtrain/policy';
import { endToEndReward } from '@memtrain/rewards';
import { SMALL, quicker, type Time } from './engine.ts';

const SEED = 1;
const COMPLETION = 64;
const special = ['<pad>', '<eos>', '-', '<upd>', '<ans>', '[MASK]', '[TARGET]'];
const words: readonly string[] = Array.from({ length: SMALL.vocabularySize - special.length }, (_, i) => `w${i}`);
const vocabulary: readonly string[] = [...special, ...words];
/** No end token can be drawn early: every completion has its whole length. */
const tokenizer: Tokenizer = { ...wordTokenizer(vocabulary), endIds: [] };

interface Comparison {
  readonly what: string;
  readonly threads: number;
  readonly own: Time;
  readonly peer?: Time;
  readonly target: number;
  readonly commit: string;
  readonly load: number;
  readonly wallSeconds: number;
}

interface Results {
  readonly machine: string;
  readonly seed: number;
  peer?: string;
  comparisons: Comparison[];
}

interface PartOptions {
  readonly threads: number;
  /** Timed steps. */
  readonly steps: number;
  readonly python: string | undefined;
  readonly results: Results;
}

type Measured = Pick<Comparison, 'what' | 'own' | 'peer' | 'target'>;

const parts: Readonly<Record<string, (options: PartOptions) => Promise<Measured>>> = { trl: besideTrl, memtrain: besideNothingShared };

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      parts: { type: 'string', default: 'trl,memtrain' },
      threads: { type: 'string', default: '2,1' },
      steps: { type: 'string', default: '6' },
      python: { type: 'string' },
      dry: { type: 'boolean', default: false },
    },
  });
  const python = values.python ?? process.env['MEMTRAIN_PYTHON'];
  if (!python) console.log('no peer: give --python or MEMTRAIN_PYTHON, a Python with trl');
  const file = join(import.meta.dirname, '../docs/results/grpo.json');
  const results = readResults(file);
  for (const name of values.parts.split(',')) {
    const part = parts[name];
    if (!part) throw new Error(`unknown part ${name}: name some of ${Object.keys(parts).join(', ')}`);
    for (const threads of values.threads.split(',').map(Number)) {
      const started = performance.now();
      const measured = await part({ threads, steps: Number(values.steps), python, results });
      const made = {
        ...measured,
        threads,
        commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
        load: Number(loadavg()[0]!.toFixed(1)),
        wallSeconds: Math.round((performance.now() - started) / 1e3),
      };
      results.comparisons = [...results.comparisons.filter((old) => old.what !== made.what || old.threads !== threads), made];
      if (!values.dry) write(file, `${JSON.stringify(results, null, 2)}\n`);
    }
  }
  const page = table(results);
  if (!values.dry) write(file.replace(/json$/, 'md'), page);
  console.log(page);
}

/** One step: 2 prompts of 40 tokens x 8 samples of 64, the reward is the number of different tokens, one AdamW step on all samples. */
async function besideTrl({ threads, steps, python, results }: PartOptions): Promise<Measured> {
  const random = randomFromSeed(deriveSeed(SEED, 'prompts'));
  const prompts = Array.from({ length: 64 }, () => text(random.integer, 40));
  const rollout = async ({ step, seed, model }: RolloutContext): Promise<{ groups: RolloutGroup[] }> => {
    const pair = [0, 1].map((i) => prompts[(2 * step + i) % prompts.length]!);
    const requests = Array.from({ length: 16 }, (_, i) => ({ prompt: pair[i >> 3]!, seed: deriveSeed(seed, i) }));
    const trajectories: RolloutTrajectory[][] = [[], []];
    for await (const result of model.complete(requests, { maxTokens: COMPLETION })) {
      if (!('conversation' in result)) throw new Error('a sample failed');
      const { conversation } = result;
      if (conversation?.completion.length !== COMPLETION) throw new Error(`a sample has ${conversation?.completion.length} tokens`);
      const reward = new Set(conversation.completion).size;
      trajectories[result.index >> 3]!.push({ reward, outcome: reward, conversations: [conversation] });
    }
    return { groups: trajectories.map((group, i) => ({ id: `${i}`, objective: 'E', trajectories: group })) };
  };
  const learner = open(threads);
  const work = mkdtempSync(join(tmpdir(), 'memtrain-grpo-'));
  try {
    const folder = await learner.save(join(work, 'model'));
    await saveWordTokenizer(folder, vocabulary);
    writeFileSync(join(folder, 'prompts.json'), JSON.stringify(prompts));
    const own = steadySteps(learner, steps, { rollout, advantage: 'std', aggregation: 'tokenMean' });
    const peer = python ? trlSteps(python, folder, { threads, steps, results }) : undefined;
    const [ownTime, peerTime] = await takeTurns(steps, [own, ...(peer ? [peer] : [])]);
    return {
      what: 'GRPO step, 2 prompts of 40 x 8 samples of 64, beside TRL',
      own: ownTime!,
      ...(peerTime && { peer: peerTime }),
      target: 2,
    };
  } finally {
    await learner.dispose();
    rmSync(work, { recursive: true });
  }
}

/** TRL in a process of its own, which waits between its steps. */
function trlSteps(python: string, folder: string, { threads, steps, results }: Pick<PartOptions, 'threads' | 'steps' | 'results'>): Side {
  const script = join(import.meta.dirname, 'peers/trl_grpo.py');
  const child = spawn(python, [script, folder, '--threads', `${threads}`, '--steps', `${steps + 1}`], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  // TRL prints its own log between our lines.
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async (name: string): Promise<unknown> => {
    for (;;) {
      const { value, done } = (await lines.next()) as { value?: string; done?: boolean };
      if (done) throw new Error(`TRL ended before its "${name}"`);
      if (value!.startsWith(`${name} `)) return JSON.parse(value!.slice(name.length + 1));
    }
  };
  return {
    async step() {
      child.stdin.write('\n');
      return (await read('step')) as Time;
    },
    async end() {
      const made = (await read('end')) as { version: string; promptTokens: number; completionTokens: number[] };
      if (made.promptTokens !== 40 || made.completionTokens.some((length) => length !== COMPLETION)) {
        throw new Error(`TRL read ${made.promptTokens} and made ${made.completionTokens.join(', ')} tokens`);
      }
      results.peer = made.version;
    },
  };
}

const DOCUMENTS = 8;
const CHUNKS = 2;
const CHUNK_WORDS = 128;
const MEMORY = 32;
const ANSWER = 16;
const ENTITIES = 32;

const MEMTRAIN = `MemTrain update, ${DOCUMENTS} documents of ${CHUNKS} chunks of ${CHUNK_WORDS}, G1 = G2 = 8, memory ${MEMORY}, beside nothing shared`;

/** Chunk-first, so that what all readings of a document share comes before what differs. */
const template: PromptTemplate = {
  name: 'bench',
  chat: false,
  update: ({ chunk, memory }) => `${memory} ${chunk} <upd>`,
  updateChunkFirst: ({ chunk, memory }) => `${chunk} ${memory} <upd>`,
  answer: ({ memory }) => `${memory} <ans>`,
  recall: ({ chunk, memory }) => `${chunk} ${memory} <ans>`,
  parseMemory: (reply) => reply,
  parseAnswer: (reply) => reply,
  emptyMemory: '-',
  problem: '[MASK]',
  target: '[TARGET]',
};

/** One joint update, E and I, of 8 documents. Rewards are drawn from the answers, so that every group trains. */
async function besideNothingShared({ threads, steps }: PartOptions): Promise<Measured> {
  const reward = (answer = ''): number => (deriveSeed(answer) >>> 0) / 2 ** 32;
  const count = Math.max(1, steps >> 1);
  const side = (learner: LanguageModel, shared: boolean): Side => {
    const rollout = async ({ seed, model }: RolloutContext): Promise<{ groups: readonly RolloutGroup[] }> => {
      const random = randomFromSeed(deriveSeed(seed, 'documents'));
      const chunk = (): string => `[MASK] ${text(random.integer, CHUNK_WORDS - 1)}`;
      const documents = Array.from({ length: DOCUMENTS }, (_, i) => ({
        id: `${i}`,
        chunks: Array.from({ length: CHUNKS }, chunk),
        gold: ['w0'],
      }));
      const { groups, statistics } = await rolloutMemTrain(beginning(model, shared), documents, {
        template,
        layout: 'chunk-first',
        memoryTokens: MEMORY,
        answerTokens: ANSWER,
        seed,
        trajectories: 8,
        recallSamples: 8,
        entitiesOf: (read) => read.split(' ').slice(1, 1 + ENTITIES),
        rewards: {
          recall: reward,
          endToEnd: (answer, gold, recallRewards) => endToEndReward(answer, gold, { recallRewards, verify: reward }),
        },
      });
      const expected = DOCUMENTS * 8 * (CHUNKS + 1 + 8);
      if (statistics.conversations !== expected) throw new Error(`${statistics.conversations} conversations, not ${expected}`);
      return { groups };
    };
    return steadySteps(learner, count, { rollout });
  };
  const learners = [open(threads), open(threads)] as const;
  try {
    const [own, peer] = await takeTurns(count, [side(learners[0], true), side(learners[1], false)]);
    return { what: MEMTRAIN, own: own!, peer: peer!, target: 2.5 };
  } finally {
    for (const learner of learners) await learner.dispose();
  }
}

/** The model with one more token before every prompt: the same one, or for each request another, so that no two begin alike. */
function beginning(model: Model, shared: boolean): Model {
  let next = 0;
  return {
    ...model,
    complete: (requests, options) =>
      model.complete(
        requests.map((request) => {
          const first = special.length + (shared ? 0 : next++ % words.length);
          return { ...request, prompt: Int32Array.of(first, ...encodePrompt(request.prompt, tokenizer)) };
        }),
        options,
      ),
  };
}

/** Something that takes steps when told to. */
interface Side {
  step(): Promise<Time>;
  end(): Promise<void>;
}

/** One step of each side in turn, `steps` times after one that compiles; the quickest of each. */
async function takeTurns(steps: number, sides: readonly Side[]): Promise<Time[]> {
  const best: (Time | undefined)[] = sides.map(() => undefined);
  for (let turn = 0; turn <= steps; turn++) {
    for (const [index, side] of sides.entries()) {
      const time = await side.step();
      if (turn > 0) best[index] = best[index] ? quicker(best[index], time) : time;
    }
  }
  for (const side of sides) await side.end();
  return best as Time[];
}

/** Steps of `train`, which waits for the next turn before each rollout. */
function steadySteps(learner: LanguageModel, steps: number, options: Pick<TrainOptions, 'rollout'> & Partial<TrainOptions>): Side {
  const folder = mkdtempSync(join(tmpdir(), 'memtrain-grpo-'));
  let turn = gate();
  let finished = gate();
  const running = train({
    learner,
    folder,
    // The last step's checkpoint is no part of a step: it is not timed.
    steps: steps + 2,
    seed: SEED,
    loss: { clipLow: 0.2, clipHigh: 0.2, kl: 0 },
    schedule: { kind: 'constant', peak: 1e-4 },
    adam: { clipNorm: 1 },
    filter: 'none',
    checkpointEvery: steps + 2,
    ...options,
    rollout: async (context) => {
      await turn.opened;
      return options.rollout(context);
    },
    onStep: () => {
      turn = gate();
      finished.open();
    },
  });
  running.catch((error: unknown) => finished.fail(error));
  const step = async (): Promise<Time> => {
    finished = gate();
    const began = performance.now();
    const used = process.cpuUsage();
    turn.open();
    await finished.opened;
    const { user, system } = process.cpuUsage(used);
    return { seconds: (performance.now() - began) / 1e3, processor: (user + system) / 1e6 };
  };
  return {
    step,
    async end() {
      await step();
      await running;
      rmSync(folder, { recursive: true });
    },
  };
}

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
  fail(error: unknown): void;
}

function gate(): Gate {
  let handles: Omit<Gate, 'opened'> | undefined;
  const opened = new Promise<void>((resolve, reject) => (handles = { open: resolve, fail: reject }));
  return { opened, ...handles! };
}

/** The engine bench's model: Qwen3 of 3.9 million parameters. */
function open(threads: number): LanguageModel {
  return createLanguageModel({ configuration: SMALL, tokenizer, seed: SEED, threads });
}

function text(integer: (size: number) => number, count: number): string {
  return Array.from({ length: count }, () => words[integer(words.length)]).join(' ');
}

function readResults(file: string): Results {
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node ${process.version}`;
  const old = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : undefined;
  return old?.machine === machine ? old : { machine, seed: SEED, comparisons: [] };
}

function table({ machine, peer, comparisons }: Results): string {
  const lines = comparisons.map(({ what, threads, own, peer: other, target, commit, load, wallSeconds }) => {
    const ratio = (of: keyof Time): string => (other ? (other[of] / own[of]).toFixed(2) : '-');
    const times = `${own.seconds.toFixed(2)} | ${other?.seconds.toFixed(2) ?? '-'}`;
    return `| ${what} | ${threads} | ${times} | ${ratio('seconds')} | ${ratio('processor')} | ${target} | ${load} | ${wallSeconds} | ${commit} |`;
  });
  return [
    '# GRPO updates on the local engine',
    '',
    `Made by \`npm run bench -- grpo\`, seed ${SEED}, on ${machine}; peer: ${peer ?? 'none'}.`,
    'Qwen3 of hidden size 256, 4 layers, 4 heads, 2 key/value heads, vocabulary 2,048, float32; beside TRL the same weights, prompts and numbers of',
    'tokens. A step is sampling, rewards, advantages, forward, backward and AdamW; the sides take turns, the quickest of several counts.',
    'Where the machine is shared (load), threads wait for each other and spin: both ratios vary from run to run.',
    '',
    '| | threads | seconds | peer | ratio (wall) | ratio (processor) | target | load | wall s | commit |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}

function write(path: string, content: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(`${path}.tmp`, content);
  renameSync(`${path}.tmp`, path);
}
