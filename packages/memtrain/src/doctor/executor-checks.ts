import type { Check } from './checks.ts';

/** One check an executor of `@memtrain/lm`: its version and its speed in a product of matrices, or why it is missing. */
export async function executorChecks(): Promise<Check[]> {
  // When it does not load, the check of TensorFlow.js says so.
  const lm = await import('@memtrain/lm').catch(() => undefined);
  if (!lm) return [];
  return (await lm.findExecutors()).map((finding): Check => ({
    name: `executor ${finding.name}`,
    optional: true,
    probe: async () => {
      if (!finding.present) throw new Error(finding.reason);
      // Plain JavaScript would take seconds for one large product.
      const size = finding.name === 'cpu' ? 128 : 512;
      const speed = await lm.measureMatmul(finding.executor, { size });
      return `${finding.version}; ${speed.toPrecision(3)} GFLOP/s in products of ${size} x ${size}`;
    },
    advice: 'not needed: onnxruntime does all',
  }));
}
