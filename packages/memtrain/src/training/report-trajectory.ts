import type { ScoredReading } from '@memtrain/agent';
import type { ReportTrajectory } from '../report/report-data.ts';

/** A reading as the report shows it. */
export function reportTrajectory(arm: string, step: number, reading: ScoredReading): ReportTrajectory {
  const { trajectory, document } = reading;
  return {
    arm,
    step,
    problem: trajectory.item.problem,
    chunks: [...trajectory.item.chunks],
    memories: [...trajectory.memories],
    answer: trajectory.answer,
    gold: document.gold[0] ?? '',
    reward: reading.reward,
  };
}
