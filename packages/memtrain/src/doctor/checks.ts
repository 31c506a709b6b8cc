import { statfsSync } from 'node:fs';
import { packageVersion } from '../run/manifest.ts';

/** `optional` is something that is not there and not needed. */
export type CheckState = 'OK' | 'missing' | 'optional';

export interface CheckResult {
  readonly name: string;
  readonly state: CheckState;
  /** What was found, or what to do. */
  readonly detail: string;
}

/** A thing to look for. `probe` returns what was found and throws when it is missing. */
export interface Check {
  readonly name: string;
  readonly optional: boolean;
  readonly probe: () => string | Promise<string>;
  /** What to do when it is missing. */
  readonly advice: string;
}

/** Runs checks one after another; a failing probe never ends the others. */
export async function runChecks(checks: readonly Check[]): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, optional, probe, advice } of checks) {
    try {
      results.push({ name, state: 'OK', detail: await probe() });
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
      results.push({ name, state: optional ? 'optional' : 'missing', detail: `${reason}; ${advice}` });
    }
  }
  return results;
}

/** The checks of this machine. */
export function systemChecks(): Check[] {
  return [
    { name: 'Node', optional: false, probe: () => nodeVersion(process.versions.node), advice: 'install Node 20.19 or newer' },
    { name: 'onnxruntime-node', optional: false, probe: probeOnnxRuntime, advice: 'run npm ci (or npm install onnxruntime-node)' },
    { name: '@tensorflow/tfjs', optional: false, probe: probeTensorflow, advice: 'run npm ci (or npm install @tensorflow/tfjs)' },
    { name: 'disk space', optional: false, probe: () => diskSpace(process.cwd()), advice: 'free some: a run needs about 1 GiB' },
  ];
}

/** Accepts the version, or throws. */
export function nodeVersion(version: string): string {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) throw new Error(`version ${version} is too old`);
  return version;
}

/** Free space of a folder's disk in words; throws below 1 GiB. */
export function diskSpace(folder: string): string {
  const { bavail, bsize } = statfsSync(folder);
  const gibibytes = (bavail * bsize) / 2 ** 30;
  const text = `${gibibytes.toFixed(1)} GiB free in ${folder}`;
  if (gibibytes < 1) throw new Error(`only ${text}`);
  return text;
}

/** Compiles and runs a small function: shows that sessions are made and compute on this machine. */
async function probeOnnxRuntime(): Promise<string> {
  const { compile } = await import('@memtrain/tfjs-jit');
  const matrix = { shape: [2, 2], dtype: 'float32' } as const;
  const compiled = await compile((left, right) => [left!.matMul(right!)], [matrix, matrix]);
  try {
    const [product] = await compiled.run([Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8)]);
    const values = Array.from(product ?? []).join(' ');
    if (values !== '19 22 43 50') throw new Error(`a matrix product came out as ${values}`);
  } finally {
    await compiled.dispose();
  }
  return `version ${packageVersion('onnxruntime-node')} loads and computes`;
}

/** `@memtrain/lm` imports TensorFlow.js, so loading it shows that it loads. */
async function probeTensorflow(): Promise<string> {
  await import('@memtrain/lm');
  return `version ${packageVersion('@tensorflow/tfjs')} loads`;
}
