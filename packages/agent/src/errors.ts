const marker = Symbol.for('memtrain.agent.error');

/**
 * - `bad-options`: the call cannot work as asked; thrown before any work.
 * - `bad-reward`: a reward function gave no finite number.
 * - `model-failed`: a call failed, or gave nothing.
 * - `bad-memory`: a memory was cut or empty where the options say `fail`.
 * - `bad-file`: a file of trajectories cannot be read, or belongs to another run.
 * - `retriever-failed`: a search failed.
 * - `cancelled`: stands in a record for a call that was never made, or not waited for.
 */
export type AgentErrorCode = 'bad-options' | 'bad-reward' | 'model-failed' | 'bad-memory' | 'bad-file' | 'retriever-failed' | 'cancelled';

/** What this package throws; `code` is stable, `message` says what was wrong, where, and what to do. */
export class AgentError extends Error {
  readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AgentError';
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Works across two installed copies of the package. */
  static isInstance(value: unknown): value is AgentError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}

/** What was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
