// Every name here is public API: named exports only.
export { RewardError } from './errors.ts';
export type { RewardErrorCode } from './errors.ts';
export { lastBoxed } from './last-boxed.ts';
export { endToEndReward, recallReward } from './memtrain-rewards.ts';
export type { EndToEndReward, EndToEndRewardOptions, RecallRewardOptions } from './memtrain-rewards.ts';
export { normalizeAnswer } from './normalize-answer.ts';
export { boxedExactMatch, exactMatch, f1, subExactMatch } from './verifiers.ts';
export type { Verifier } from './verifiers.ts';
export { weightedSum } from './weighted-sum.ts';
export type { WeightedVerifier } from './weighted-sum.ts';
