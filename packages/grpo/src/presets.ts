import type { TrainOptions } from './train-options.ts';

/** Tokens and chunks of an agent that reads, in the order prompt, chunk, memory, reply. */
export interface ReadingBudgets {
  /** Template, problem and chat markers. */
  readonly instructionTokens: number;
  readonly chunkTokens: number;
  readonly memoryTokens: number;
  readonly answerTokens: number;
  readonly maxChunks: number;
}

/** Limits of an agent that searches. */
export interface SearchBudgets {
  readonly turns: number;
  readonly replyTokens: number;
  readonly resultTokens: number;
  readonly passages: number;
  /** Tags of the state: MEM1's own, or ones that no chat template knows. */
  readonly template: 'state' | 'mem1';
  /** What a reply without an action does: it ends the search, or is corrected at the cost of a turn. */
  readonly invalidReply: 'end' | 'correct';
}

/** A published training recipe as plain data: what is sampled, and the options of `train`. */
export interface TrainingPreset {
  /** Where the numbers come from. */
  readonly source: string;
  readonly steps: number;
  readonly rollout: {
    /** Tasks (documents, questions) of an update. */
    readonly tasks: number;
    /** Trajectories of a task: G1. */
    readonly trajectories: number;
    /** Answers to a trajectory's recall prompt: G2; 0 without the recall task. */
    readonly recallSamples: number;
    /** Weight of the mean recall reward in R^E (equation 2). */
    readonly lambda: number;
    readonly temperature: number;
  };
  readonly reading?: ReadingBudgets;
  readonly searching?: SearchBudgets;
  readonly train: Required<
    Pick<TrainOptions, 'loss' | 'schedule' | 'adam' | 'advantage' | 'filter' | 'aggregation' | 'innerSteps' | 'minibatches'>
  >;
}

export type PresetName = 'memtrain' | 'endToEnd' | 'decoupled' | 'memagent' | 'memagentAfterMemtrain' | 'mem1AfterMemtrain' | 'searchR1';

const paperReading: ReadingBudgets = { instructionTokens: 1024, chunkTokens: 5120, memoryTokens: 1024, answerTokens: 1024, maxChunks: 8 };

const memtrain: TrainingPreset = {
  source: 'MemTrain (arXiv 2606.03197), section 7; clip bounds, KL estimator and AdamW as in MemAgent, on whose code it is built',
  steps: 300,
  rollout: { tasks: 32, trajectories: 8, recallSamples: 8, lambda: 0.5, temperature: 1 },
  reading: paperReading,
  train: {
    loss: { clipLow: 0.2, clipHigh: 0.2, kl: 1e-3, klEstimator: 'k3', temperature: 1 },
    schedule: { kind: 'constant', peak: 1e-6, warmup: 20 },
    adam: { weightDecay: 0.01, clipNorm: 1 },
    advantage: 'mean',
    filter: 'outcome',
    aggregation: 'conversationMean',
    innerSteps: 1,
    minibatches: 1,
  },
};

const memagent: TrainingPreset = {
  source: 'MemAgent, run_memory_7B.sh and its trainer configuration',
  steps: 500,
  rollout: { tasks: 128, trajectories: 16, recallSamples: 0, lambda: 0, temperature: 1 },
  reading: { ...paperReading, chunkTokens: 5000 },
  train: {
    ...memtrain.train,
    loss: { ...memtrain.train.loss, dualClip: 3 },
    filter: 'none',
    aggregation: 'tokenMean',
    minibatches: 16,
  },
};

/**
 * Published recipes by name. `memtrain` and its two ablations are the paper's pre-training; the `...AfterMemtrain` ones its post-training
 * (the paper says "as MemAgent's" or "as MEM1's" for what is not in its table); `memagent` and `searchR1` those projects' own scripts.
 */
export const presets: Readonly<Record<PresetName, TrainingPreset>> = {
  memtrain,
  /** Without the recall task. */
  endToEnd: { ...memtrain, source: `${memtrain.source}; ablation`, rollout: { ...memtrain.rollout, recallSamples: 0, lambda: 0 } },
  /** Recall is trained, but does not pay the memory's writer. */
  decoupled: { ...memtrain, source: `${memtrain.source}; ablation`, rollout: { ...memtrain.rollout, lambda: 0 } },
  memagent,
  memagentAfterMemtrain: {
    source: 'MemTrain, section 7, second column; the rest as MemAgent',
    steps: 500,
    rollout: { tasks: 32, trajectories: 16, recallSamples: 0, lambda: 0, temperature: 1 },
    reading: paperReading,
    train: { ...memtrain.train, loss: memagent.train.loss, minibatches: 4 },
  },
  mem1AfterMemtrain: {
    source: 'MemTrain, section 7, third column; the KL is in the loss, as in the pre-training, where MEM1 has it in the reward of PPO',
    steps: 200,
    rollout: { tasks: 32, trajectories: 8, recallSamples: 0, lambda: 0, temperature: 1 },
    searching: { turns: 6, replyTokens: 1024, resultTokens: 1024, passages: 3, template: 'mem1', invalidReply: 'end' },
    train: { ...memtrain.train, schedule: { kind: 'constant', peak: 5e-7, warmup: 0 }, minibatches: 4 },
  },
  searchR1: {
    source: 'Search-R1, scripts/nq_hotpotqa/v0.2/train_grpo.sh; warm-up is 28.5 % of 500 steps',
    steps: 500,
    rollout: { tasks: 512, trajectories: 5, recallSamples: 0, lambda: 0, temperature: 1 },
    searching: { turns: 4, replyTokens: 500, resultTokens: 500, passages: 3, template: 'state', invalidReply: 'correct' },
    train: {
      ...memtrain.train,
      schedule: { kind: 'constant', peak: 1e-6, warmup: 143 },
      advantage: 'std',
      filter: 'none',
      aggregation: 'tokenMean',
      minibatches: 2,
    },
  },
};
