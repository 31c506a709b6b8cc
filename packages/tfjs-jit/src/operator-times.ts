/** What one kind of operator cost. */
export interface OperatorTime {
  /** ONNX's name of the operator, e.g. `FusedMatMul`. */
  readonly operator: string;
  /** Where it ran, e.g. `CPUExecutionProvider`. */
  readonly provider: string;
  readonly calls: number;
  readonly milliseconds: number;
}

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args: { readonly op_name?: string; readonly provider?: string };
}

/** Sums the events of ONNX Runtime's profile up by operator, the most expensive first. */
export function operatorTimes(profile: string): OperatorTime[] {
  const events = (JSON.parse(profile) as ProfileEvent[]).filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'));
  return sumTimes(
    events.map(({ args, dur }) => ({ operator: args.op_name ?? '', provider: args.provider ?? '', calls: 1, milliseconds: dur / 1000 })),
  );
}

/** Adds up what has the same operator and provider, the most expensive first. */
export function sumTimes(times: readonly OperatorTime[]): OperatorTime[] {
  const sums = new Map<string, OperatorTime>();
  for (const time of times) {
    const key = `${time.operator} ${time.provider}`;
    const before = sums.get(key);
    const sum = { calls: time.calls + (before?.calls ?? 0), milliseconds: time.milliseconds + (before?.milliseconds ?? 0) };
    sums.set(key, { ...time, ...sum });
  }
  return [...sums.values()].toSorted((a, b) => b.milliseconds - a.milliseconds);
}

/** A table to print. */
export function formatOperatorTimes(times: readonly OperatorTime[]): string {
  const total = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const lines = times.map(
    ({ operator, calls, milliseconds }) =>
      `${operator.padEnd(24)} ${String(calls).padStart(8)} ${milliseconds.toFixed(2).padStart(11)} ${((100 * milliseconds) / total).toFixed(1).padStart(6)}`,
  );
  return ['operator                    calls          ms      %', ...lines].join('\n');
}
