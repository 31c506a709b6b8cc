import { createHash } from 'node:crypto';
import type { AgentReply, EvaluatedAgent } from '../agents/evaluated-agent.ts';
import type { Usage } from './agent-program.ts';
import type { Scores } from './score-reply.ts';

/** One answer to one question: what is kept of it, and what a resumed run takes up again. */
export interface Outcome extends Usage {
  readonly arm: string;
  readonly item: string;
  readonly group: string;
  /** 0-based number of the sample. */
  readonly sample: number;
  readonly reply: AgentReply;
  readonly scores: Scores;
}

/** Name of an outcome in its file. */
export const outcomeId = (arm: string, item: string, sample: number): string => `${arm}/${sample}/${item}`;

/** SHA-256 of an agent's wording. */
export function promptHashOf(agent: EvaluatedAgent): string {
  return createHash('sha256').update(JSON.stringify(agent.wording)).digest('hex');
}

/** SHA-256 of everything that an outcome follows from, besides chance on the server's side. */
export function fingerprintOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
