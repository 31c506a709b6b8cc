import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { npmPackage, type TensorFlowVariant } from './versions.ts';

/** What is set up: which versions, and where. */
export interface TensorFlowInstallation {
  readonly variant: TensorFlowVariant;
  /** Everything of this variant; remove it to undo the set-up. */
  readonly folder: string;
  /** The npm package, `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`, as an absolute folder. */
  readonly package: string;
  /** The compiled addon, an absolute file. */
  readonly addon: string;
  /** Version of the npm package. */
  readonly tfjsNode: string;
  /** Version of libtensorflow. */
  readonly tensorflow: string;
}

/** What `ready.json` records. */
export type ReadyRecord = Pick<TensorFlowInstallation, 'tfjsNode' | 'tensorflow'>;

/** The places inside a variant's folder. */
export interface InstallationLayout {
  readonly folder: string;
  /** libtensorflow and its headers. Its run path looks for the CUDA wheels in `../nvidia`. */
  readonly library: string;
  readonly cuda: string;
  /** npm's `node_modules` and what leads to it. */
  readonly packages: string;
  readonly package: string;
  readonly addon: string;
  /** Written last: its presence says that everything is there and has run. */
  readonly ready: string;
}

export function layoutOf(cache: string, variant: TensorFlowVariant): InstallationLayout {
  const folder = join(resolve(cache), variant);
  const packages = join(folder, 'packages');
  const npm = join(packages, 'node_modules', npmPackage[variant]);
  return {
    folder,
    library: join(folder, 'library'),
    cuda: join(folder, 'nvidia'),
    packages,
    package: npm,
    // Where @tensorflow/tfjs-node 4.22 looks for it on every Node that has Node-API 8, which all from 12.22 on do.
    addon: join(npm, 'lib', 'napi-v8', 'tfjs_binding.node'),
    ready: join(folder, 'ready.json'),
  };
}

/** `$TFJS_NODE_SETUP_CACHE`, else `tfjs-node-setup` in `$XDG_CACHE_HOME` or `~/.cache`. */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { TFJS_NODE_SETUP_CACHE: own, XDG_CACHE_HOME: base } = environment;
  return own ? resolve(own) : join(base ? resolve(base) : join(homedir(), '.cache'), 'tfjs-node-setup');
}

export interface FindTensorFlowOptions {
  /** Default: `defaultCacheFolder()`. */
  readonly cache?: string | undefined;
  /** True or false for one variant alone; by default the GPU variant if it is there, else the CPU one. */
  readonly gpu?: boolean | undefined;
}

/** What `setUpTensorFlow` finished earlier, or undefined. Looks at files only, loads nothing. */
export function findTensorFlow(options: FindTensorFlowOptions = {}): TensorFlowInstallation | undefined {
  const { cache = defaultCacheFolder(), gpu } = options;
  const variants: TensorFlowVariant[] = gpu === undefined ? ['gpu', 'cpu'] : [gpu ? 'gpu' : 'cpu'];
  for (const variant of variants) {
    const layout = layoutOf(cache, variant);
    const record = readRecord(layout.ready);
    if (!record || !existsSync(layout.addon) || !existsSync(layout.library)) continue;
    return { variant, folder: layout.folder, package: layout.package, addon: layout.addon, ...record };
  }
  return undefined;
}

function readRecord(file: string): ReadyRecord | undefined {
  try {
    const { tfjsNode, tensorflow } = JSON.parse(readFileSync(file, 'utf8')) as Partial<ReadyRecord>;
    return typeof tfjsNode === 'string' && typeof tensorflow === 'string' ? { tfjsNode, tensorflow } : undefined;
  } catch {
    // Not there, or not readable: then it has to be set up (again).
    return undefined;
  }
}
