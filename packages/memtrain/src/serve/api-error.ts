import { HttpError } from '@memtrain/benchmarks/http';

/** An error in OpenAI's form; what a client of the server reads. */
export class ApiError extends HttpError {
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;

  constructor(status: number, message: string, options: ApiErrorOptions = {}) {
    super(status, message, options.headers);
    this.name = 'ApiError';
    this.type = status >= 500 ? 'server_error' : 'invalid_request_error';
    this.param = options.param ?? null;
    this.code = options.code ?? null;
  }

  /** The response's JSON. */
  body(): object {
    const { message, type, param, code } = this;
    return { error: { message, type, param, code } };
  }
}

export interface ApiErrorOptions {
  readonly param?: string;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Codes of the packages' errors that are the fault of the request. */
const faultsOfRequest: ReadonlySet<unknown> = new Set([
  'prompt-too-long',
  'no-chat-template',
  'unknown-token',
  'bad-options',
  'bad-request',
]);

/** Any error as one that can be sent. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof HttpError) return new ApiError(error.status, error.message, { headers: error.headers });
  const { code, message = String(error) } = Object(error) as { readonly code?: unknown; readonly message?: string };
  if (!faultsOfRequest.has(code)) return new ApiError(500, `the model failed: ${message}`);
  return new ApiError(400, message, { code: code === 'prompt-too-long' ? 'context_length_exceeded' : String(code) });
}
