import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, rmdir, statfs, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkTensorFlow } from './check-tensorflow.ts';
import { assertCompiler, compileAddon } from './compile-addon.ts';
import { TensorFlowSetupError } from './errors.ts';
import { installPackages } from './install-packages.ts';
import { defaultCacheFolder, findTensorFlow, layoutOf, type InstallationLayout, type TensorFlowInstallation } from './installation.ts';
import { assertSupported, currentPlatform } from './platform.ts';
import { removeLeftovers } from './remove-leftovers.ts';
import { unpackWheel } from './unpack-wheel.ts';
import { sizes, type TensorFlowVariant } from './versions.ts';
import { assertPip, downloadedWheel, downloadWheel, verifyWheel } from './wheel.ts';

export type SetUpStep = 'download' | 'unpack' | 'packages' | 'compile' | 'check';

/** One piece of news; `done` of `total` are bytes, where a step can tell. */
export interface SetUpProgress {
  readonly step: SetUpStep;
  readonly message: string;
  readonly done?: number;
  readonly total?: number;
}

export interface SetUpTensorFlowOptions {
  /** The build with CUDA 12, for `@tensorflow/tfjs-node-gpu`. Default: the CPU build, for `@tensorflow/tfjs-node`. */
  readonly gpu?: boolean | undefined;
  /** Where everything is kept. Default: `defaultCacheFolder()`. */
  readonly cache?: string | undefined;
  /** A TensorFlow wheel that is on the disk already; otherwise pip downloads it. It stays where it is. */
  readonly wheel?: string | undefined;
  /** The wheel's SHA-256, needed only for a wheel other than the pinned ones. */
  readonly sha256?: string | undefined;
  /** A folder with the CUDA wheels' `nvidia` folder in it (a `site-packages`); otherwise CUDA is looked for on LD_LIBRARY_PATH. */
  readonly cuda?: string | undefined;
  /** Default: `$PYTHON`, else `python3`. */
  readonly python?: string | undefined;
  /** Default: `npm`. */
  readonly npm?: string | undefined;
  /** Default: `$CXX`, else `g++`. */
  readonly compiler?: string | undefined;
  readonly onProgress?: ((progress: SetUpProgress) => void) | undefined;
  /** Stops the work; what is finished stays, and a later call goes on from there. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes @tensorflow/tfjs-node 4.22 (or -gpu) work with the libtensorflow of TensorFlow's Python wheel: downloads and unpacks the wheel, installs
 * the npm package without its install script, compiles its addon and runs it once. Every step is finished whole or not at all; a call after a
 * failure goes on where it stopped, and one after a success returns what is there. Throws `TensorFlowSetupError`.
 */
export async function setUpTensorFlow(options: SetUpTensorFlowOptions = {}): Promise<TensorFlowInstallation> {
  const { cache = defaultCacheFolder(), signal, onProgress = () => undefined } = options;
  const variant: TensorFlowVariant = options.gpu ? 'gpu' : 'cpu';
  const layout = layoutOf(cache, variant);
  const there = findTensorFlow({ cache, gpu: variant === 'gpu' });
  if (there) {
    if (options.cuda !== undefined) await linkCuda(layout, options.cuda);
    return there;
  }
  const compiler = options.compiler ?? (process.env['CXX'] || 'g++');
  assertSupported(currentPlatform());
  await assertCompiler(compiler, signal);
  await mkdir(layout.folder, { recursive: true });

  const downloads = join(resolve(cache), 'wheels');
  for (const folder of [layout.folder, downloads]) await removeLeftovers(folder);
  if (options.cuda !== undefined) await linkCuda(layout, options.cuda);
  const tensorflow = await makeLibrary(layout, variant, { ...options, downloads, onProgress });
  if (!existsSync(layout.packages)) {
    onProgress({ step: 'packages', message: 'installing tfjs-node by npm' });
    await installPackages(layout, variant, { npm: options.npm ?? 'npm', signal });
  }
  if (!existsSync(layout.addon)) {
    onProgress({ step: 'compile', message: 'compiling the addon' });
    await compileAddon(layout, { compiler, signal });
  }
  onProgress({ step: 'check', message: 'loading it' });
  await checkTensorFlow(layout, { signal });
  const { version: tfjsNode } = JSON.parse(await readFile(join(layout.package, 'package.json'), 'utf8')) as { version: string };
  await writeWhole(layout.ready, `${JSON.stringify({ tfjsNode, tensorflow }, null, 2)}\n`);
  return { variant, folder: layout.folder, package: layout.package, addon: layout.addon, tfjsNode, tensorflow };
}

/** Downloads and unpacks what is not there yet; returns TensorFlow's version. */
async function makeLibrary(
  layout: InstallationLayout,
  variant: TensorFlowVariant,
  options: SetUpTensorFlowOptions & { readonly downloads: string; readonly onProgress: (progress: SetUpProgress) => void },
): Promise<string> {
  const { wheel: given, sha256, downloads, signal, onProgress, python = process.env['PYTHON'] || 'python3' } = options;
  const versionFile = join(layout.folder, 'library.version');
  if (existsSync(layout.library) && existsSync(versionFile)) return (await readFile(versionFile, 'utf8')).trim();
  const earlier = given === undefined ? await downloadedWheel(downloads, variant) : undefined;
  await assertSpace(layout.folder, sizes[variant].installed + (given === undefined && earlier === undefined ? sizes[variant].wheel : 0));
  let wheel = given ?? earlier;
  if (wheel === undefined) {
    await assertPip(python, signal);
    const message = 'downloading TensorFlow by pip';
    onProgress({ step: 'download', message, done: 0, total: sizes[variant].wheel });
    const onBytes = (done: number, total: number): void => onProgress({ step: 'download', message, done, total });
    wheel = await downloadWheel(downloads, { variant, python, signal, onBytes });
  }
  const version = await verifyWheel(wheel, { variant, sha256 }).catch(async (error: unknown) => {
    // Or every later run would find it again.
    if (given === undefined) await rm(wheel, { force: true });
    throw error;
  });
  await rm(layout.library, { recursive: true, force: true });
  await writeWhole(versionFile, `${version}\n`);
  await unpackWheel(wheel, layout.library, {
    signal,
    onBytes: (done, total) => onProgress({ step: 'unpack', message: 'unpacking libtensorflow', done, total }),
  });
  // What was downloaded has served; a wheel that the user gave is the user's.
  if (given === undefined) {
    await rm(wheel, { force: true });
    // Another process may be downloading the other variant there.
    await rmdir(downloads).catch(() => undefined);
  }
  return version;
}

/** libtensorflow looks for the CUDA wheels' libraries beside its own folder. */
async function linkCuda(layout: InstallationLayout, folder: string): Promise<void> {
  const target = join(resolve(folder), 'nvidia');
  if (!existsSync(target)) {
    throw new TensorFlowSetupError(
      'missing-file',
      `no folder nvidia in ${folder}: name the site-packages folder that holds the CUDA wheels`,
    );
  }
  await rm(layout.cuda, { recursive: true, force: true });
  await symlink(target, layout.cuda);
}

async function assertSpace(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= needed) return;
  const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
  throw new TensorFlowSetupError(
    'no-space',
    `${folder} has ${gigabytes(bavail * bsize)} GB free, but ${gigabytes(needed)} GB are needed: free some, or choose another with --cache`,
  );
}

async function writeWhole(path: string, text: string): Promise<void> {
  const building = `${path}.tmp-${process.pid}`;
  const file = await open(building, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(building, path);
}
