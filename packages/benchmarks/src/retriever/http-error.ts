/** A refused request: what a client reads is `{"detail": message}`, as the published servers answer. */
export class HttpError extends Error {
  readonly status: number;
  /** Extra response headers. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
    this.headers = headers;
  }
}

/** 503: the same request may work soon. */
export function busy(message: string): HttpError {
  return new HttpError(503, message, { 'retry-after': '1' });
}
