import { TensorFlowSetupError } from './errors.ts';
import type { TensorFlowInstallation } from './installation.ts';
import { runCommand } from './run-command.ts';

/** What an installation said of itself. */
export interface TensorFlowCheck {
  /** Version of libtensorflow as it reports it. */
  readonly tensorflow: string;
  /** Whether it computes on a GPU. */
  readonly gpu: boolean;
}

const program = `
  const util = require('node:util');
  util.isNullOrUndefined ??= (value) => value == null;
  const tf = require(process.argv[1]);
  const product = tf.matMul([[1, 2], [3, 4]], [[5, 6], [7, 8]]).dataSync().join(' ');
  const gradient = tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([3])).dataSync().join(' ');
  const { binding, isUsingGpuDevice } = tf.backend();
  process.stdout.write(JSON.stringify({ product, gradient, tensorflow: binding.TF_Version, gpu: isUsingGpuDevice }));
`;

/**
 * Loads the addon in a process of its own, where a crash (a processor without AVX, say) harms nothing, and computes a product and a gradient.
 * Throws `load-failed`.
 */
export async function checkTensorFlow(
  installation: Pick<TensorFlowInstallation, 'package'>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<TensorFlowCheck> {
  const output = await runCommand(process.execPath, ['--no-deprecation', '-e', program, installation.package], {
    env: { NODE_OPTIONS: '', TF_CPP_MIN_LOG_LEVEL: '2' },
    signal: options.signal,
    missing: { code: 'load-failed', message: `${process.execPath} is not there any more` },
    failed: { code: 'load-failed', message: `${installation.package} does not load` },
  });
  const { product, gradient, tensorflow, gpu } = JSON.parse(output) as TensorFlowCheck & { product: string; gradient: string };
  if (product !== '19 22 43 50' || gradient !== '6') {
    throw new TensorFlowSetupError(
      'load-failed',
      `${installation.package} computes wrongly: ${product} and ${gradient}, not 19 22 43 50 and 6`,
    );
  }
  return { tensorflow, gpu };
}
