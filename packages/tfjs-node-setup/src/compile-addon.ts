import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { assertSources } from './install-packages.ts';
import type { InstallationLayout } from './installation.ts';
import { runCommand } from './run-command.ts';

export interface CompileAddonOptions {
  readonly compiler: string;
  readonly signal?: AbortSignal | undefined;
}

const adviceOnCompiler = 'install g++ (Debian and Ubuntu: apt install g++; Fedora: dnf install gcc-c++), or name another with CXX';

/** Runs the compiler once, so that a missing one is known before anything is downloaded. */
export async function assertCompiler(compiler: string, signal?: AbortSignal): Promise<void> {
  await runCommand(compiler, ['--version'], {
    signal,
    missing: { code: 'missing-compiler', message: `there is no ${compiler}: ${adviceOnCompiler}` },
    failed: { code: 'missing-compiler', message: `${compiler} does not run: ${adviceOnCompiler}` },
  });
}

/** Compiles tfjs-node's own addon against the unpacked libtensorflow. It is plain Node-API: one binary serves every later Node. */
export async function compileAddon(layout: InstallationLayout, { compiler, signal }: CompileAddonOptions): Promise<void> {
  const { sources, headers } = assertSources(layout);
  const building = `${layout.addon}.tmp-${process.pid}`;
  await mkdir(dirname(layout.addon), { recursive: true });
  const definitions = ['-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION', '-DNODE_GYP_MODULE_NAME=tfjs_binding'];
  const includes = [headers, join(layout.library, 'include'), layout.package].flatMap((folder) => ['-I', folder]);
  // Relative to the addon, so that the whole folder can be moved, or kept by a CI cache.
  const runPath = `-Wl,--enable-new-dtags,-rpath,$ORIGIN/${relative(dirname(layout.addon), layout.library)}`;
  const libraries = ['-L', layout.library, '-ltensorflow', '-ltensorflow_framework', runPath];
  const flags = ['-O2', '-std=c++17', '-fPIC', '-shared', '-w'];
  try {
    await runCommand(compiler, [...flags, ...definitions, ...includes, ...sources, '-o', building, ...libraries], {
      signal,
      missing: { code: 'missing-compiler', message: `there is no ${compiler}: ${adviceOnCompiler}` },
      failed: { code: 'compile-failed', message: 'the addon of tfjs-node does not compile: g++ 9 or newer is needed' },
    });
    const file = await open(building, 'r');
    await file.sync();
    await file.close();
    await rename(building, layout.addon);
  } finally {
    await rm(building, { force: true });
  }
}
