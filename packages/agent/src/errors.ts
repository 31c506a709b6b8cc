const marker = Symbol.for('memtrain.agent.error');

export type AgentErrorCode = 'bad-options' | 'bad-reward' | 'model-failed';

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
