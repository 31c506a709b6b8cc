import type OpenAI from 'openai';
import { deriveSeed } from '../random.ts';
import { errorClasses } from './failure.ts';

/** The longest wait that a server may ask for: a request that would wait longer fails, so that nothing hangs. */
const LONGEST_WAIT_MS = 60_000;

/** Statuses of a server that may answer next time; so may one whose connection failed or was too slow. */
const retried = (status: number): boolean => status === 408 || status === 409 || status === 429 || status >= 500;

/**
 * Milliseconds to wait before the next try, or undefined when another try is of no use. `Retry-After` is kept to, and up to a quarter is
 * added; without it the wait doubles from half a second to 8, less up to a half. `spread` (any number) decides how much, so that
 * requests refused together do not come back together.
 */
export function retryWait(
  error: unknown,
  options: { readonly client: OpenAI; readonly attempt: number; readonly spread: number },
): number | undefined {
  const { client, attempt, spread } = options;
  const { APIError, APIUserAbortError } = errorClasses(client);
  if (!(error instanceof APIError) || error instanceof APIUserAbortError) return undefined;
  const headers: Headers | undefined = error.headers;
  const advice = headers?.get('x-should-retry');
  if (advice === 'false' || (advice !== 'true' && error.status !== undefined && !retried(error.status))) return undefined;
  const part = (deriveSeed('retry', attempt, spread) >>> 0) / 2 ** 32;
  const asked = headers && askedWait(headers);
  if (asked === undefined) return Math.min(500 * 2 ** attempt, 8000) * (1 - part / 2);
  return asked > LONGEST_WAIT_MS ? undefined : asked * (1 + part / 4);
}

/** Waits, or until the signal is aborted: then it throws the reason. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

/** Milliseconds that the server wants to be left alone: `Retry-After` in seconds or as a date, or `Retry-After-Ms`. */
function askedWait(headers: Headers): number | undefined {
  const exact = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (exact >= 0) return exact;
  const asked = headers.get('retry-after');
  if (asked === null) return undefined;
  const seconds = Number(asked);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(asked) - Date.now();
  return Number.isFinite(wait) ? Math.max(wait, 0) : undefined;
}
