import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs';
import { LanguageModelError } from '../errors.ts';

/** The tfjs backends that a package outside this one brings; the others are registered by whoever wants them. */
interface BackendPackage {
  /** Packages to try, best first. None of them is a dependency: each is used if it is there. */
  readonly packages: readonly string[];
  /** What to do when none is there. */
  readonly advice: string;
}

const setupPackage = '@memtrain/tfjs-node-setup';

export const backendPackages: Readonly<Record<string, BackendPackage>> = {
  tensorflow: {
    packages: [setupPackage, '@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'],
    advice: `run npx ${setupPackage} (with --gpu for CUDA)`,
  },
  wasm: { packages: ['@tensorflow/tfjs-backend-wasm'], advice: 'run npm install @tensorflow/tfjs-backend-wasm' },
};

export interface LoadBackendOptions {
  /** Threads of one operation; counts only the first time that TensorFlow is loaded. */
  readonly threads?: number | undefined;
}

/** Registers and initialises a tfjs backend if it is not yet, leaving the active one as it is. Throws `missing-executor`. */
export async function loadBackend(backend: string, options: LoadBackendOptions = {}): Promise<void> {
  await tf.ready();
  const before = tf.getBackend();
  try {
    if (tf.findBackendFactory(backend) === null) await registerBackend(backend, options);
    if (!(await tf.setBackend(backend))) throw new LanguageModelError('missing-executor', `the tfjs backend ${backend} does not start`);
    if (backend === 'cpu') spendAdvertisement();
  } finally {
    await tf.setBackend(before);
  }
}

/** The first write to the cpu backend prints a hint to install tfjs-node: of no use to somebody who asked for this backend. */
function spendAdvertisement(): void {
  const before = tf.env().getBool('PROD');
  tf.env().set('PROD', true);
  tf.scalar(0).dispose();
  tf.env().set('PROD', before);
}

async function registerBackend(backend: string, options: LoadBackendOptions): Promise<void> {
  const { packages = [], advice = 'register it with tf.registerBackend' } = backendPackages[backend] ?? {};
  const reasons: string[] = [];
  for (const name of packages) {
    try {
      const loaded = (await import(name)) as { loadTensorFlow?: (options: LoadBackendOptions) => Promise<unknown> };
      await loaded.loadTensorFlow?.(options);
      if (tf.findBackendFactory(backend) !== null) return;
    } catch (error) {
      // What is not installed needs no mention; what is installed and fails says why.
      if (!isNotInstalled(error, name)) reasons.push((error as Error).message);
    }
  }
  const reason = reasons[0] ?? `no tfjs backend ${backend} is registered: ${advice}`;
  throw new LanguageModelError('missing-executor', reason);
}

function isNotInstalled(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && message.includes(name);
}

/** The version in a package's package.json, or undefined when it cannot be found from here. */
export function packageVersion(name: string): string | undefined {
  try {
    return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
  } catch {
    return undefined;
  }
}
