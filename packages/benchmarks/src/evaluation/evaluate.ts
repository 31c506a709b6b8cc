import { runTrajectories, TrajectoryFile } from '@memtrain/agent';
import type { SchedulingOptions, TrajectoryTask } from '@memtrain/agent';
import { deriveSeed } from '@memtrain/policy';
import type { Completion, Failure, Model, Request } from '@memtrain/policy';
import type { AgentReply, EvaluatedAgent } from '../agents/evaluated-agent.ts';
import { BenchmarkError } from '../errors.ts';
import type { Benchmark, BenchmarkItem, MetricName } from '../items/benchmark-item.ts';
import { agentProgram } from './agent-program.ts';
import { fingerprintOf, outcomeId, promptHashOf } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import type { ArmResult, EvaluationResult, ModelIdentity } from './result.ts';
import { scoreReply } from './score-reply.ts';
import { scoresByItem, summarize } from './summarize.ts';
import type { TokenPrice } from './summarize.ts';

export interface EvaluateOptions extends Pick<SchedulingOptions, 'mode' | 'concurrency' | 'signal'> {
  readonly agent: EvaluatedAgent;
  /** Further agents whose answers are put beside: closed book, empty memory, and so on. */
  readonly controls?: readonly EvaluatedAgent[];
  readonly model: ModelIdentity;
  /** Answers to each question. Default 1. */
  readonly samples?: number;
  /** Default 0.7; 0 is greedy. */
  readonly temperature?: number;
  /** Default 0.95. */
  readonly topP?: number;
  /** Default 0. */
  readonly seed?: number;
  /** The metric that is named as the verifier. Default: the benchmark's own. */
  readonly verifier?: MetricName;
  readonly price?: TokenPrice;
  /** JSON lines in which each answer is kept as it is given. What is there already is not asked again; failed ones are. */
  readonly file?: string;
  /** Answers given, those taken over included, of all. */
  readonly onProgress?: (done: number, total: number) => void;
}

interface Arm {
  readonly agent: EvaluatedAgent;
  readonly items: readonly BenchmarkItem[];
  readonly promptHash: string;
}

interface Due {
  readonly arm: EvaluatedAgent;
  readonly item: BenchmarkItem;
  readonly sample: number;
  readonly fingerprint: string;
}

/**
 * Asks every question of a benchmark, of an agent and of controls, and scores what comes back by all metrics. Answers that fail count as
 * wrong and are listed. With a file it can be stopped at any instant, a kill included, and goes on where it was; the same model and seed
 * give the same result. Throws `BenchmarkError` (`bad-options`); `AgentError` (`bad-file`) when the file was made otherwise; the signal's reason.
 */
export async function evaluate(model: Model, benchmark: Benchmark, options: EvaluateOptions): Promise<EvaluationResult> {
  const { samples = 1, temperature = 0.7, topP = 0.95, seed = 0, signal, onProgress } = options;
  if (!Number.isInteger(samples) || samples < 1) {
    throw new BenchmarkError('bad-options', `samples is ${samples}: give a whole number of at least 1`);
  }
  const arms = armsOf(benchmark, [options.agent, ...(options.controls ?? [])]);
  const file = options.file === undefined ? undefined : new TrajectoryFile(options.file);
  try {
    const outcomes = new Map<string, Outcome>();
    const reused = new Map<string, number>();
    const due: Due[] = [];
    for (const { agent, items, promptHash } of arms) {
      const made = [benchmark.name, benchmark.corpusHash, options.model, agent.name, agent.settings, promptHash, temperature, topP, seed];
      for (let sample = 0; sample < samples; sample++) {
        for (const item of items) {
          const fingerprint = fingerprintOf([made, item.question]);
          const kept = file?.find(outcomeId(agent.name, item.id, sample), fingerprint) as Outcome | undefined;
          if (kept && kept.reply.error === undefined) {
            // Scored again: a metric that is new, or was put right, holds for old answers too.
            outcomes.set(outcomeId(agent.name, item.id, sample), { ...kept, scores: scoreReply(kept.reply, item.gold) });
            reused.set(agent.name, (reused.get(agent.name) ?? 0) + 1);
          } else due.push({ arm: agent, item, sample, fingerprint });
        }
      }
    }
    const total = outcomes.size + due.length;
    onProgress?.(outcomes.size, total);
    const tasks = due.map((one) => taskOf(one, model, { seed, temperature, signal }));
    const { mode = 'wave', concurrency = 64 } = options;
    const scheduling = { mode, concurrency, ...(signal ? { signal } : {}), sampling: { maxTokens: 1024, temperature, topP } };
    for await (const { index, id, value } of runTrajectories(model, tasks, scheduling)) {
      file?.append(id, due[index]!.fingerprint, value);
      outcomes.set(id, value);
      onProgress?.(outcomes.size, total);
    }
    const { price } = options;
    return {
      format: 1,
      benchmark: benchmark.name,
      verifier: options.verifier ?? benchmark.headline,
      corpusHash: benchmark.corpusHash,
      files: benchmark.files,
      model: options.model,
      sampling: { samples, temperature, topP, seed },
      arms: arms.map((arm) => {
        const own = arm.items.flatMap((item) =>
          Array.from({ length: samples }, (_, sample) => outcomes.get(outcomeId(arm.agent.name, item.id, sample))!),
        );
        const skipped = benchmark.items.length - arm.items.length;
        return armResult(arm, own, { seed, skipped, reused: reused.get(arm.agent.name) ?? 0, ...(price ? { price } : {}) });
      }),
    };
  } finally {
    file?.close();
  }
}

function armsOf(benchmark: Benchmark, agents: readonly EvaluatedAgent[]): Arm[] {
  const names = new Set<string>();
  for (const { name } of agents) {
    if (names.has(name)) throw new BenchmarkError('bad-options', `"${name}" is evaluated twice: give each agent a name of its own`);
    names.add(name);
  }
  return agents.map((agent) => ({
    agent,
    promptHash: promptHashOf(agent),
    items: benchmark.items.filter((item) => agent.applies?.(item) ?? true),
  }));
}

const fatalCodes: ReadonlySet<unknown> = new Set(['bad-options', 'no-file', 'bad-data']);

function taskOf(
  due: Due,
  model: Model,
  run: { readonly seed: number; readonly temperature: number; readonly signal: AbortSignal | undefined },
): TrajectoryTask<Outcome> {
  const { arm, item, sample } = due;
  const seed = deriveSeed(run.seed, 'evaluate', arm.name, item.id, sample);
  const calls = { seed, temperature: run.temperature, ...(run.signal ? { signal: run.signal } : {}) };
  return {
    id: outcomeId(arm.name, item.id, sample),
    steps: 1,
    async *run(): AsyncGenerator<Request, Outcome, Completion | Failure> {
      const { outcome, usage } = yield* agentProgram(model.tokenizer, (bridge) => arm.run(bridge, item, calls));
      const reply = 'value' in outcome ? outcome.value : failedReply(outcome.error);
      return { arm: arm.name, item: item.id, group: item.group, sample, reply, scores: scoreReply(reply, item.gold), ...usage };
    },
  };
}

/** What an agent threw, as a reply. Throws what would fail with every other question too. */
function failedReply(error: unknown): AgentReply {
  const { code, cause, message } = error as { code?: unknown; cause?: unknown; message?: string };
  if (fatalCodes.has(code)) throw error;
  // A memory that broke the reader's rules is the model's own failure.
  if (code === 'bad-memory') return { end: 'bad-memory' };
  return { end: 'model-error', error: cause instanceof Error ? `${message}` : String(message ?? error) };
}

function armResult(
  { agent, promptHash }: Arm,
  outcomes: readonly Outcome[],
  options: { readonly seed: number; readonly skipped: number; readonly reused: number; readonly price?: TokenPrice },
): ArmResult {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const own = groups.get(outcome.group);
    if (own) own.push(outcome);
    else groups.set(outcome.group, [outcome]);
  }
  return {
    name: agent.name,
    settings: agent.settings,
    promptHash,
    groups: [...groups].map(([group, own]) => summarize(group, own, options)),
    total: summarize('all', outcomes, options),
    failed: outcomes.flatMap(({ item, sample, reply }) => (reply.error === undefined ? [] : [{ item, sample, error: reply.error }])),
    skipped: options.skipped,
    reused: options.reused,
    scores: Object.fromEntries(scoresByItem(outcomes)),
  };
}
