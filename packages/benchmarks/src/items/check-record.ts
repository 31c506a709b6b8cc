import type { z } from 'zod';
import { BenchmarkError } from '../errors.ts';

/** The value in its schema's type. Throws `BenchmarkError` (`bad-data`) with the place, the field and what is wrong there. */
export function checkRecord<T>(schema: z.ZodType<T>, value: unknown, place: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const field = issue.path.length === 0 ? 'the record' : `field ${issue.path.join('.')}`;
  throw new BenchmarkError('bad-data', `${place}: ${field}: ${issue.message}: see the format in the README of @memtrain/benchmarks`);
}
