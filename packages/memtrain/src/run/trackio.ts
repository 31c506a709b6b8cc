import { MemtrainError } from '../errors.ts';

export interface TrackioOptions {
  /** Address of a trackio server, e.g. `http://127.0.0.1:7860`. */
  readonly url: string;
  readonly project: string;
  readonly run: string;
  /** The server's write token; none needed when it asks for none. */
  readonly writeToken?: string | undefined;
}

/** One step's numbers. */
export interface TrackioPoint {
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Sends points to a trackio server (`POST /api/bulk_log`, as trackio 0.43 speaks it), a bounded number at a time; a server that fails is told of once by `onError`,
 * its points are kept for the next try, and training never waits for it. Call `close` at the end: it tries what is left once more.
 */
export class TrackioSender {
  readonly #options: TrackioOptions;
  readonly #onError: (error: MemtrainError) => void;
  #waiting: TrackioPoint[] = [];
  #sending: Promise<void> | undefined;
  #failed = false;

  constructor(options: TrackioOptions, onError: (error: MemtrainError) => void) {
    this.#options = options;
    this.#onError = onError;
  }

  add(point: TrackioPoint): void {
    this.#waiting.push(point);
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
  }

  async close(): Promise<void> {
    await this.#sending;
    if (this.#waiting.length > 0) await this.#send();
  }

  async #send(): Promise<void> {
    const points = this.#waiting.splice(0, 1000);
    if (points.length === 0) return;
    const { url, project, run, writeToken } = this.#options;
    try {
      const response = await fetch(new URL('/api/bulk_log', url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(writeToken && { 'x-trackio-write-token': writeToken }) },
        // A log_id that comes twice, e.g. after a resume, is one entry.
        body: JSON.stringify({
          args: [],
          kwargs: { logs: points.map(({ step, metrics }) => ({ project, run, metrics, step, log_id: `${run}/${step}` })), hf_token: null },
        }),
        signal: AbortSignal.timeout(10_000),
      });
      const answer = (await response.json().catch(() => ({}))) as { readonly error?: unknown };
      if (!response.ok || answer.error) throw new Error(`it answered ${response.status} ${JSON.stringify(answer.error ?? '')}`);
      this.#failed = false;
    } catch (error) {
      this.#waiting.unshift(...points);
      if (this.#failed) return;
      this.#failed = true;
      const message = `no metrics reach ${url}: ${(error as Error).message}; they stay in metrics.jsonl, and are sent once it answers`;
      this.#onError(new MemtrainError('bad-options', message, { cause: error }));
    }
  }
}
