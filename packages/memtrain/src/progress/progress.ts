import { SingleBar } from 'cli-progress';
import { formatDuration } from './duration.ts';

/** Where progress goes. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** Milliseconds since any fixed instant; for tests. Default `performance.now`. */
  readonly now?: () => number;
  /** Least time between two plain lines, in milliseconds. Default 2000. */
  readonly interval?: number;
}

/** One piece of long work. */
export interface ProgressTask {
  /** `done` of `total` is finished; `note` is a few words on how it goes. A new `total` may be given while it is still being learnt. */
  update(done: number, note?: string, total?: number): void;
  /** Ends the task; a plain progress prints its last state. */
  finish(note?: string): void;
}

export interface Progress {
  /** Begins a task; one at a time. `total` may be undefined when it is not known. `first` is where a resumed task begins, for the estimate. */
  task(label: string, total: number | undefined, first?: number): ProgressTask;
}

/** Progress as a bar on a terminal, and as plain lines (at most one in two seconds) elsewhere; both estimate the time left. */
export function createProgress(stream: ProgressStream, options: ProgressOptions = {}): Progress {
  const now = options.now ?? (() => performance.now());
  const interval = options.interval ?? 2000;
  return {
    task: (label, total, first = 0) =>
      stream.isTTY ? barTask(stream, label, total, first, now) : plainTask(stream, label, total, first, now, interval),
  };
}

function plainTask(
  stream: ProgressStream,
  label: string,
  firstTotal: number | undefined,
  first: number,
  now: () => number,
  interval: number,
): ProgressTask {
  const started = now();
  let total = firstTotal;
  let printedAt = started;
  let state: { done: number; note: string } | undefined;
  let pending = false;
  const print = (): void => {
    if (!state) return;
    const share = total === undefined ? '' : `/${total} (${total === 0 ? 100 : Math.floor((100 * state.done) / total)} %)`;
    const left = timeLeft(state.done, total, first, now() - started);
    stream.write(`${label}: ${state.done}${share}${left === '' ? '' : `, ${left} left`}${state.note === '' ? '' : `, ${state.note}`}\n`);
    printedAt = now();
    pending = false;
  };
  return {
    update(done, note = '', newTotal = total) {
      state = { done, note };
      total = newTotal;
      pending = true;
      if (now() - printedAt >= interval) print();
    },
    finish(note) {
      if (state && note !== undefined) state = { ...state, note };
      if (pending || note !== undefined) print();
    },
  };
}

function barTask(stream: ProgressStream, label: string, firstTotal: number | undefined, first: number, now: () => number): ProgressTask {
  const started = now();
  let total = firstTotal;
  let last = first;
  const bar = new SingleBar({
    format: `${label} [{bar}] {value}/{all}{left}{note}`,
    stream: stream as NodeJS.WritableStream,
    hideCursor: true,
    barsize: 24,
    // The command decides what Ctrl-C does.
    gracefulExit: false,
    linewrap: true,
  });
  const payload = (done: number, note: string): Record<string, string> => {
    const left = timeLeft(done, total, first, now() - started);
    return { all: String(total ?? '?'), left: left === '' ? '' : ` | ${left} left`, note: note === '' ? '' : ` | ${note}` };
  };
  bar.start(total ?? 0, first, payload(first, ''));
  return {
    update(done, note = '', newTotal = total) {
      total = newTotal;
      last = done;
      if (total !== undefined) bar.setTotal(total);
      bar.update(done, payload(done, note));
    },
    finish(note) {
      if (note !== undefined) bar.update(last, payload(last, note));
      bar.stop();
    },
  };
}

/** Assumes that what is left goes at the mean pace so far. */
function timeLeft(done: number, total: number | undefined, first: number, elapsed: number): string {
  if (total === undefined || done <= first || done >= total) return '';
  return formatDuration(((elapsed / (done - first)) * (total - done)) / 1000);
}
