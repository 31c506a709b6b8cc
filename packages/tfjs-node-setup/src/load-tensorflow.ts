import { createRequire } from 'node:module';
import { join } from 'node:path';
import { TensorFlowSetupError } from './errors.ts';
import { defaultCacheFolder, findTensorFlow, type FindTensorFlowOptions } from './installation.ts';
import { patchUtil } from './patch-util.ts';

export interface LoadTensorFlowOptions extends FindTensorFlowOptions {
  /** Threads of one operation; TensorFlow's own choice when absent. Counts only for the first load in a process. */
  readonly threads?: number | undefined;
}

/**
 * Loads what `setUpTensorFlow` made and returns the module, the same as `require('@tensorflow/tfjs-node')`: all of TensorFlow.js, with the backend
 * `tensorflow` registered and active. Every copy of @tensorflow/tfjs in the process shares its backends, so a program that imported one can use
 * `tf.setBackend('tensorflow')` on that. Throws `not-set-up`, `load-failed`.
 *
 * Name the module's type where you need it: `loadTensorFlow<typeof import('@tensorflow/tfjs')>()`.
 */
export async function loadTensorFlow<Module = unknown>(options: LoadTensorFlowOptions = {}): Promise<Module> {
  const { cache = defaultCacheFolder(), gpu, threads } = options;
  const installation = findTensorFlow({ cache, gpu });
  if (!installation) {
    const flag = gpu ? ' --gpu' : '';
    throw new TensorFlowSetupError(
      'not-set-up',
      `TensorFlow is not set up in ${cache}: run npx @memtrain/tfjs-node-setup${flag}, or name its folder (TFJS_NODE_SETUP_CACHE)`,
    );
  }
  if (threads !== undefined) process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  // Without this, TensorFlow tells on standard error which processor features it uses.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '1';
  patchUtil();
  const restoreWarnings = silenceSecondCopy();
  try {
    return createRequire(join(installation.package, 'package.json'))(installation.package) as Module;
  } catch (cause) {
    throw new TensorFlowSetupError(
      'load-failed',
      `${installation.package} does not load: ${(cause as Error).message}; remove ${installation.folder} and set it up again`,
      { cause },
    );
  } finally {
    restoreWarnings();
  }
}

/** A second copy of TensorFlow.js registers its kernels again, into the same registry, and warns of each of some hundred: of no use to anybody. */
function silenceSecondCopy(): () => void {
  const { _tfengine: engine } = globalThis as {
    _tfengine?: { ENV: { getBool(flag: string): boolean; set(flag: string, value: boolean): void } };
  };
  if (!engine) return () => undefined;
  const before = engine.ENV.getBool('PROD');
  engine.ENV.set('PROD', true);
  return () => engine.ENV.set('PROD', before);
}
