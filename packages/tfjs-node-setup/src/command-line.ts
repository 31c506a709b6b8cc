import { parseArgs } from 'node:util';
import { checkTensorFlow } from './check-tensorflow.ts';
import { TensorFlowSetupError } from './errors.ts';
import { defaultCacheFolder, findTensorFlow, type TensorFlowInstallation } from './installation.ts';
import { linkTensorFlow } from './link-tensorflow.ts';
import { setUpTensorFlow, type SetUpProgress } from './set-up-tensorflow.ts';

/** Where the command line writes. */
export interface CommandLineStreams {
  readonly out: { write(text: string): unknown };
  readonly err: { write(text: string): unknown; readonly isTTY?: boolean | undefined };
}

const help = `Usage: tfjs-node-setup [options]

Makes @tensorflow/tfjs-node (with --gpu: tfjs-node-gpu) 4.22 work with TensorFlow 2.21 on Linux x86-64, Node 20 to 25.

  --gpu            the build with CUDA 12 (download 572 MB; without: 274 MB)
  --wheel FILE     use this TensorFlow wheel instead of downloading one by pip
  --sha256 HEX     its checksum, for a wheel other than those of TensorFlow 2.21.0 on PyPI
  --cuda FOLDER    the site-packages folder with the CUDA wheels (tensorflow[and-cuda])
  --cache FOLDER   where everything is kept (default: $TFJS_NODE_SETUP_CACHE, else ~/.cache/tfjs-node-setup)
  --link FOLDER    let the project in this folder, which has tfjs-node installed, use it
  --check          download and build nothing: does what is there work?
  --help           print this
`;

/** Runs `tfjs-node-setup` with the arguments after its name; returns the exit code: 0, 1 for an error, 2 for wrong usage, 130 after Ctrl-C. */
export async function main(
  argv: readonly string[],
  streams: CommandLineStreams = { out: process.stdout, err: process.stderr },
): Promise<number> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new Error('stopped; run it again to go on'));
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const options = parse(argv);
    if (options.help) {
      streams.out.write(help);
      return 0;
    }
    const cache = options.cache ?? defaultCacheFolder();
    const before = findTensorFlow({ cache, gpu: options.gpu ?? false });
    if (options.check && !before) {
      throw new TensorFlowSetupError('not-set-up', `nothing is set up in ${cache}: run it without --check`);
    }
    const onProgress = progressLines(streams.err);
    const { link, check: _, help: __, ...rest } = options;
    const installation =
      before && options.check ? before : await setUpTensorFlow({ ...rest, cache, onProgress, signal: controller.signal });
    streams.out.write(`${await describe(installation, before !== undefined, controller.signal)}\n`);
    if (link !== undefined) streams.out.write(`linked ${await linkTensorFlow(link, installation)}\n`);
    return 0;
  } catch (error) {
    streams.err.write(`tfjs-node-setup: ${(error as Error).message}\n`);
    if (controller.signal.aborted) return 130;
    if (TensorFlowSetupError.isInstance(error)) return error.code === 'usage' ? 2 : 1;
    streams.err.write(`${(error as Error).stack}\n`);
    return 1;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

async function describe(installation: TensorFlowInstallation, before: boolean, signal: AbortSignal): Promise<string> {
  const { tensorflow, gpu } = await checkTensorFlow(installation, { signal });
  const { variant, tfjsNode, package: folder } = installation;
  const device = gpu ? 'computes on the GPU' : `computes on the CPU${variant === 'gpu' ? ' (no GPU or CUDA 12 found)' : ''}`;
  return `${before ? 'already set up' : 'set up'}: tfjs-node ${tfjsNode} with TensorFlow ${tensorflow}, ${device}\n${folder}`;
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { gpu: flag, wheel: text, sha256: text, cuda: text, cache: text, link: text, check: flag, help: flag },
    });
    return values;
  } catch (cause) {
    throw new TensorFlowSetupError('usage', `${(cause as Error).message.split('\n')[0]!}: see --help`, { cause });
  }
}

/** On a terminal one line that is rewritten; elsewhere a line a step and one every tenth of it. */
function progressLines(stream: CommandLineStreams['err']): (progress: SetUpProgress) => void {
  let last = '';
  return ({ message, done, total }) => {
    const percent = done === undefined || !total ? undefined : Math.floor((100 * done) / total);
    const shown = percent === undefined ? message : `${message}: ${stream.isTTY ? percent : 10 * Math.floor(percent / 10)} %`;
    if (shown === last) return;
    if (stream.isTTY) stream.write(`${last.startsWith(message) ? '\r' : last && '\n'}${shown}\u001b[K${percent === 100 ? '\n' : ''}`);
    else stream.write(`${shown}\n`);
    last = percent === 100 && stream.isTTY ? '' : shown;
  };
}
