import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TensorFlowSetupError } from './errors.ts';
import { runCommand } from './run-command.ts';
import { pythonProject, sizes, tensorflowVersion, wheelChecksums, type TensorFlowVariant } from './versions.ts';

export interface DownloadWheelOptions {
  readonly variant: TensorFlowVariant;
  readonly python: string;
  readonly signal?: AbortSignal | undefined;
  /** Bytes so far, and in all. */
  readonly onBytes?: (done: number, total: number) => void;
}

/** Runs `pip` once, so that a missing one is known before anything is downloaded. */
export async function assertPip(python: string, signal?: AbortSignal): Promise<void> {
  const otherwise = 'or download the wheel yourself and pass it with --wheel FILE';
  await runCommand(python, ['-m', 'pip', '--version'], {
    signal,
    missing: { code: 'missing-python', message: `there is no ${python}: install Python 3 with pip (python3-pip), ${otherwise}` },
    failed: { code: 'missing-pip', message: `${python} has no pip: install it (python3-pip, or ${python} -m ensurepip), ${otherwise}` },
  });
}

/**
 * Has `pip download` fetch the pinned wheel into `folder`, from whatever index the user's pip is configured with, and returns its path. The wheel
 * appears there only whole. Throws `download-failed`, `missing-python`.
 */
export async function downloadWheel(folder: string, options: DownloadWheelOptions): Promise<string> {
  const { variant, python, signal, onBytes } = options;
  const requirement = `${pythonProject[variant]}==${tensorflowVersion}`;
  const working = join(folder, `download.tmp-${process.pid}`);
  await mkdir(working, { recursive: true });
  // pip writes into its temporary folder first: putting that in ours shows how far it is.
  const total = sizes[variant].wheel;
  const tell = async (): Promise<void> => onBytes?.(Math.min(await bytesIn(working), total), total);
  const timer = setInterval(() => void tell(), 500);
  try {
    // Any Python will do to fetch it: the tags are those of the wheel, not of this Python.
    const tags = ['--python-version', '3.11', '--implementation', 'cp', '--platform', 'manylinux_2_27_x86_64'];
    const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', ...tags, '--dest', join(working, 'wheel'), requirement];
    await runCommand(python, args, {
      env: { TMPDIR: working, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_PROGRESS_BAR: 'off' },
      signal,
      missing: { code: 'missing-python', message: `there is no ${python}: install Python 3 with pip, or pass a wheel with --wheel FILE` },
      failed: {
        code: 'download-failed',
        message: `pip could not download ${requirement}: check its index (pip config list) and the network, or pass a wheel with --wheel FILE`,
      },
    });
    const [name] = (await readdir(join(working, 'wheel'))).filter((file) => file.endsWith('.whl'));
    if (name === undefined) throw new TensorFlowSetupError('download-failed', `pip downloaded no wheel for ${requirement}: try again`);
    const wheel = join(folder, name);
    await rename(join(working, 'wheel', name), wheel);
    return wheel;
  } finally {
    clearInterval(timer);
    await rm(working, { recursive: true, force: true });
  }
}

/** An earlier run's download, if it was not used up. */
export async function downloadedWheel(folder: string, variant: TensorFlowVariant): Promise<string | undefined> {
  if (!existsSync(folder)) return undefined;
  const start = `${pythonProject[variant].replace('-', '_')}-${tensorflowVersion}-`;
  const name = (await readdir(folder)).find((file) => file.startsWith(start) && file.endsWith('.whl'));
  return name === undefined ? undefined : join(folder, name);
}

/**
 * Checks a wheel's SHA-256 against `sha256`, or else against the pinned one of its file name, and returns its TensorFlow version.
 * Throws `missing-file`, `unknown-wheel` (not a pinned file, and no `sha256`), `bad-wheel` (of the other variant), `wrong-checksum`.
 */
export async function verifyWheel(
  path: string,
  options: { readonly variant: TensorFlowVariant; readonly sha256?: string | undefined },
): Promise<string> {
  const name = basename(path);
  const parsed = /^(tensorflow|tensorflow_cpu)-(\d[^-]*)-.*\.whl$/.exec(name);
  const expected = (options.sha256 ?? wheelChecksums[name])?.toLowerCase();
  if (!existsSync(path)) throw new TensorFlowSetupError('missing-file', `no file at ${path}: check the path of the wheel`);
  if (!parsed || expected === undefined) {
    throw new TensorFlowSetupError(
      'unknown-wheel',
      `${name} is not a wheel that this version knows (TensorFlow ${tensorflowVersion}, Linux x86-64); ` +
        `to use it all the same, keep the name that it was published under and give its checksum with --sha256`,
    );
  }
  const [, project, version] = parsed as unknown as [string, string, string];
  const variant = project === 'tensorflow' ? 'gpu' : 'cpu';
  if (variant !== options.variant) {
    throw new TensorFlowSetupError('bad-wheel', `${name} is the ${variant} build: ${variant === 'gpu' ? 'add' : 'leave out'} --gpu`);
  }
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array);
  const found = hash.digest('hex');
  if (found !== expected) {
    throw new TensorFlowSetupError(
      'wrong-checksum',
      `${path} has SHA-256 ${found}, but ${expected} is expected: the file is damaged or another; remove it and download it again`,
    );
  }
  return version;
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  try {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
    }
  } catch {
    // A file went away while we looked: the next look will do.
  }
  return bytes;
}
