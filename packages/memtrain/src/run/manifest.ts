import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** What is needed to repeat a run, besides its configuration. */
export interface Manifest {
  readonly command: readonly string[];
  readonly seed: number;
  readonly node: string;
  readonly platform: string;
  readonly cpu: { readonly model: string; readonly count: number };
  readonly memoryGiB: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly started: string;
}

/** The manifest of a run that starts now. */
export function createManifest(options: { readonly command: readonly string[]; readonly seed: number; readonly now: Date }): Manifest {
  const processors = cpus();
  return {
    command: options.command,
    seed: options.seed,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: { model: processors[0]?.model.trim() ?? 'unknown', count: processors.length },
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    versions: Object.fromEntries(
      ['@memtrain/memtrain', '@memtrain/tfjs-jit', '@tensorflow/tfjs', 'onnxruntime-node', 'zod'].map((name) => [
        name,
        packageVersion(name),
      ]),
    ),
    started: options.now.toISOString(),
  };
}

/** Version of an installed package, or `not found`. */
export function packageVersion(name: string): string {
  if (name === '@memtrain/memtrain') return readVersion(new URL('../../package.json', import.meta.url)) ?? 'not found';
  const require = createRequire(import.meta.url);
  for (const folder of require.resolve.paths(name) ?? []) {
    const version = readVersion(join(folder, name, 'package.json'));
    if (version !== undefined) return version;
  }
  return 'not found';
}

function readVersion(file: string | URL): string | undefined {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { version?: string }).version;
  } catch {
    return undefined;
  }
}
