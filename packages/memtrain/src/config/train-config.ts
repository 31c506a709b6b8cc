import { z } from 'zod';
import type { SearchTemplateName } from '@memtrain/agent';
import type { LoraTarget } from '@memtrain/lm';
import type { AdvantageKind, AlarmThresholds, Aggregation, GroupFilter, KlEstimator } from '@memtrain/grpo';

/** A training run's configuration, as resolved; units and ranges are in `trainConfigSchema`. */
export interface TrainConfig {
  readonly model: ModelConfig;
  readonly task?: string | undefined;
  readonly agent: AgentConfig;
  readonly search?: SearchConfig | undefined;
  readonly objective: ObjectiveConfig;
  readonly optimizer: OptimizerConfig;
  readonly sampler: SamplerConfig;
  readonly steps: number;
  readonly documentsPerStep: number;
  readonly minibatches: number;
  readonly innerSteps: number;
  readonly refill: { readonly groups: number; readonly attempts: number };
  readonly checkpointEvery: number;
  readonly keepLast: number;
  readonly alarms: 'off' | 'warn' | 'stop';
  readonly alarmThresholds: AlarmThresholds;
  readonly seed: number;
}

/** What is trained, and what computes it. */
export interface ModelConfig {
  readonly folder?: string | undefined;
  readonly architecture: ArchitectureConfig;
  /** Trains low-rank adapters in place of the weights. */
  readonly lora?: { readonly rank: number; readonly alpha?: number | undefined; readonly targets?: LoraTarget[] | undefined } | undefined;
  readonly executor: string;
}

/** Sizes of a fresh model. */
export interface ArchitectureConfig {
  readonly vocabularySize: number;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly intermediateSize: number;
  readonly ropeTheta: number;
  readonly maxPositions: number;
}

/** How the agent reads. */
export interface AgentConfig {
  readonly chunkTokens: number;
  readonly maxChunks: number;
  readonly memoryTokens: number;
  readonly answerTokens: number;
  readonly temperature: number;
  readonly layout: 'memory-first' | 'chunk-first';
}

/** How an agent that searches goes about it. */
export interface SearchConfig {
  readonly turns: number;
  readonly replyTokens: number;
  readonly resultTokens: number;
  readonly passages: number;
  readonly template: SearchTemplateName;
  readonly invalidReply: 'end' | 'correct';
}

/** How the sampler's log-probabilities are taken. */
export interface SamplerConfig {
  readonly recomputeLogprobs: boolean;
  readonly correctionCap?: number | undefined;
  readonly maxStaleness: number;
}

/** What is maximised. */
export interface ObjectiveConfig {
  readonly groupSize: number;
  readonly recallSamples: number;
  readonly lambda: number;
  readonly shareTarget: boolean;
  readonly preferUnrepeated: boolean;
  readonly leakProbes: number;
  readonly reward?: string | undefined;
  readonly clipLow: number;
  readonly clipHigh: number;
  readonly dualClip?: number | undefined;
  readonly surrogate: 'ppo' | 'cispo';
  readonly importance: 'token' | 'sequence';
  readonly kl: number;
  readonly klEstimator: KlEstimator;
  readonly rewardKl: number;
  readonly refreshReferenceEvery: number;
  readonly advantage: AdvantageKind;
  readonly filter: GroupFilter;
  readonly aggregation: Aggregation;
  readonly constantLength?: number | undefined;
  readonly maskTruncated?: boolean | undefined;
}

/** AdamW. */
export interface OptimizerConfig {
  readonly learningRate: number;
  readonly schedule: 'constant' | 'cosine' | 'linear';
  readonly warmup: number;
  readonly floor: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
}

/** The projections of a layer; what `LoraTarget` of `@memtrain/lm` names. The engine itself is not loaded to check a configuration. */
const loraTargets = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const satisfies readonly LoraTarget[];
const executorNames = ['onnxruntime', 'onnxruntime-cuda', 'onnxruntime-webgpu', 'tensorflow', 'wasm', 'cpu'] as const;

const whole = (low: number, high: number, start: number, text: string): z.ZodDefault<z.ZodNumber> =>
  z.number().int().min(low).max(high).default(start).describe(text);
const real = (low: number, high: number, start: number, text: string): z.ZodDefault<z.ZodNumber> =>
  z.number().min(low).max(high).default(start).describe(text);

const architectureSchema = z.strictObject({
  vocabularySize: whole(300, 262_144, 2048, 'entries of the vocabulary that is learnt from the documents'),
  layers: whole(1, 128, 2, 'decoder layers'),
  hiddenSize: whole(8, 16_384, 64, 'width of the residual stream'),
  heads: whole(1, 128, 4, 'query heads'),
  keyValueHeads: whole(1, 128, 2, 'key and value heads; divides heads'),
  headSize: whole(2, 512, 16, 'width of a head; even'),
  intermediateSize: whole(8, 65_536, 192, 'width of the gated feed-forward layer'),
  ropeTheta: real(1, 1e9, 10_000, 'base of the rotary positions'),
  maxPositions: whole(32, 1_048_576, 8192, 'longest sequence, prompt and completion together'),
});

const modelSchema = z.strictObject({
  folder: z.string().min(1).optional().describe('folder of a saved model to start from; replaces architecture'),
  architecture: architectureSchema.prefault({}).describe('sizes of a fresh, randomly drawn Qwen3 decoder'),
  lora: z
    .strictObject({
      rank: z.number().int().min(1).max(65_536).describe('width of the adapters'),
      alpha: z.number().positive().optional().describe('the adapters count alpha / rank times; the rank when absent'),
      targets: z.array(z.enum(loraTargets)).min(1).optional().describe('projections that get adapters; all seven when absent'),
    })
    .optional()
    .describe('trains low-rank adapters in place of the weights; the reference policy is then the model without them'),
  executor: z.enum(executorNames).default('onnxruntime').describe('what computes: see memtrain doctor'),
});

const agentSchema = z.strictObject({
  chunkTokens: whole(1, 1_000_000, 1024, 'tokens of a chunk (the paper: 5120)'),
  maxChunks: whole(2, 10_000, 8, 'most chunks read of a document; the rest is left out (the paper: at most 8)'),
  memoryTokens: whole(1, 1_000_000, 64, 'most tokens of a memory (the paper: 1024)'),
  answerTokens: whole(1, 1_000_000, 16, 'most tokens of an answer (the paper: 1024)'),
  temperature: real(0.01, 10, 1, 'sampling temperature of rollouts; log-probabilities use it too'),
  layout: z
    .enum(['memory-first', 'chunk-first'])
    .default('memory-first')
    .describe('order in the prompt; chunk-first lets the readings of a document share nearly all of it'),
});

const searchSchema = z
  .strictObject({
    turns: whole(1, 1000, 6, 'most turns of a search, the one with the answer included (default 6)'),
    replyTokens: whole(1, 1_000_000, 1024, 'most tokens of a reply (default 1024)'),
    resultTokens: whole(1, 1_000_000, 1024, 'most tokens of what a search found (default 1024)'),
    passages: whole(1, 1000, 3, 'passages of a search (default 3)'),
    template: z
      .enum(['state', 'mem1'])
      .default('state')
      .describe('tags that the state stands in: its own (default), or think tags as in MEM1'),
    invalidReply: z.enum(['end', 'correct']).default('end').describe('a reply without an action ends the search (default) or costs a turn'),
  })
  .optional()
  .describe('trains an agent that searches, on the questions of --questions');

const objectiveSchema = z.strictObject({
  groupSize: whole(2, 1024, 4, 'G1, trajectories of a document (the paper: 8)'),
  recallSamples: whole(0, 1024, 4, 'G2, answers to a recall prompt (the paper: 8); 0 leaves the recall task out'),
  lambda: real(0, 100, 0.5, 'weight of the mean recall reward in the reward of a trajectory (equation 2)'),
  shareTarget: z.boolean().default(false).describe('asks all readings of a document for the same recall target'),
  preferUnrepeated: z
    .boolean()
    .default(false)
    .describe('draws recall targets that stand in no other chunk read by then, where there are any'),
  leakProbes: whole(0, 64, 1, 'answers to each problem from an empty memory, for the leak rate; not trained on'),
  reward: z.string().min(1).optional().describe('module of a reward of your own, path or path#name, in the place of equation 2'),
  clipLow: real(0, 1, 0.2, 'lower clip of the probability ratio'),
  clipHigh: real(0, 10, 0.28, 'upper clip of the probability ratio'),
  dualClip: z.number().gt(1).max(1000).optional().describe('bound on the ratio of tokens with a negative advantage (MemAgent: 3)'),
  surrogate: z.enum(['ppo', 'cispo']).default('ppo').describe('what is done at the clip: PPO drops the gradient, CISPO limits its size'),
  importance: z.enum(['token', 'sequence']).default('token').describe('ratio of each token, or of the whole completion (GSPO)'),
  kl: real(0, 10, 0, 'coefficient of the KL penalty to the starting policy (the paper: 1e-3)'),
  klEstimator: z.enum(['k1', 'k2', 'k3']).default('k3').describe('estimator of the KL penalty'),
  rewardKl: real(0, 10, 0, 'coefficient of a k1 penalty in the reward, beside or instead of that in the loss'),
  refreshReferenceEvery: whole(0, 1_000_000, 0, 'updates after which the reference policy takes over the trained weights; 0 never does'),
  advantage: z.enum(['mean', 'std', 'leave-one-out']).default('mean').describe('how rewards of a group become advantages'),
  filter: z.enum(['outcome', 'variance', 'none']).default('outcome').describe('groups trained on: outcomes differ, rewards differ, or all'),
  aggregation: z
    .enum(['conversationMean', 'tokenMean', 'sequenceMeanTokenMean', 'constant'])
    .default('conversationMean')
    .describe('what the sum over tokens is divided by; conversationMean is equation 3'),
  constantLength: z
    .number()
    .positive()
    .max(1e9)
    .optional()
    .describe('tokens by which the aggregation constant divides, beside conversations'),
  maskTruncated: z
    .boolean()
    .optional()
    .describe('trains on no reply that was cut by its budget; the conversation counts, its tokens do not'),
});

const optimizerSchema = z.strictObject({
  learningRate: real(0, 1, 5e-4, 'AdamW step size (the paper: 1e-6 at 4 to 7 billion parameters)'),
  schedule: z.enum(['constant', 'cosine', 'linear']).default('constant').describe('how the step size goes on after the warm-up'),
  warmup: whole(0, 1_000_000, 0, 'updates of linear warm-up (MemAgent: 20)'),
  floor: real(0, 1, 0, 'step size at the end of a cosine or linear schedule'),
  beta1: real(0, 0.9999, 0.9, 'decay of the first moment'),
  beta2: real(0, 0.99999, 0.95, 'decay of the second moment'),
  epsilon: real(1e-15, 1, 1e-8, 'added to the root of the second moment'),
  weightDecay: real(0, 1, 0, 'decoupled weight decay'),
  clipNorm: real(1e-6, 1e6, 1, 'largest global gradient norm'),
});

const samplerSchema = z.strictObject({
  recomputeLogprobs: z.boolean().default(false).describe("puts the trainer's log-probabilities in place of the sampler's before an update"),
  correctionCap: z
    .number()
    .positive()
    .max(1e6)
    .optional()
    .describe('weights advantages by trainer / sampler probability, at most this (truncated importance sampling); needs recomputeLogprobs'),
  maxStaleness: whole(0, 1_000_000, 0, 'most updates that samples of a task of your own may be behind the weights'),
});

const threshold = (text: string): z.ZodOptional<z.ZodType<number | false>> =>
  z
    .union([z.number().min(0).max(1e9), z.literal(false)])
    .optional()
    .describe(`${text}; false: no such alarm`);

const alarmThresholdsSchema = z.strictObject({
  entropyBelow: threshold('nats a token (default 0.005)'),
  referenceKlAbove: threshold('nats a token (default 1)'),
  samplerMismatchAbove: threshold('mean difference of log-probabilities (default 0.1)'),
  truncatedAbove: threshold('share of conversations cut by their budget (default 0.9)'),
  repetitionAbove: threshold('share of repeated runs of four tokens (default 0.8)'),
  lengthBelow: threshold("tokens a conversation, as a share of the first update's (default 0.1)"),
  lengthAbove: threshold("tokens a conversation, as a share of the first update's (default 10)"),
});

/** Schema of a training run's configuration; unknown keys are errors. `trainConfigSchema.parse({})` is the default run. */
export const trainConfigSchema: z.ZodType<TrainConfig> = z.strictObject({
  model: modelSchema.prefault({}),
  task: z.string().min(1).optional().describe('module of a task of your own, path or path#name, in the place of documents or questions'),
  agent: agentSchema.prefault({}),
  search: searchSchema,
  objective: objectiveSchema.prefault({}),
  optimizer: optimizerSchema.prefault({}),
  sampler: samplerSchema.prefault({}),
  steps: whole(1, 1_000_000, 3, 'joint updates (the paper: 300)'),
  documentsPerStep: whole(1, 4096, 2, 'documents read in an update (the paper: 32)'),
  minibatches: whole(1, 1024, 1, 'optimizer steps that an update is split into'),
  innerSteps: whole(1, 64, 1, 'passes over the samples of an update'),
  refill: z
    .strictObject({
      groups: whole(0, 1_000_000, 0, 'groups that must pass the filter, or more documents are read'),
      attempts: whole(0, 100, 0, 'most further readings of documents an update'),
    })
    .prefault({}),
  checkpointEvery: whole(1, 1_000_000, 1, 'updates between checkpoints'),
  keepLast: whole(1, 1_000_000, 2, 'checkpoints kept; the best one is kept too'),
  alarms: z.enum(['off', 'warn', 'stop']).default('warn').describe('what a collapse of entropy, length, repetition or agreement does'),
  alarmThresholds: alarmThresholdsSchema.prefault({}),
  seed: z.number().int().min(0).max(0x7fffffff).default(0).describe('seed of everything random'),
});
