import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TensorFlowSetupError } from './errors.ts';
import type { InstallationLayout } from './installation.ts';
import { publishFolder } from './publish-folder.ts';
import { runCommand } from './run-command.ts';
import { nodeApiHeadersVersion, npmPackage, tfjsNodeVersion, type TensorFlowVariant } from './versions.ts';

export interface InstallPackagesOptions {
  readonly npm: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Installs tfjs-node (its JavaScript and the sources of its addon) and the headers of Node-API with the user's npm. Install scripts are off: they
 * would download TensorFlow 2.9. The folder appears complete or not at all. Throws `missing-npm`, `install-failed`.
 */
export async function installPackages(
  layout: InstallationLayout,
  variant: TensorFlowVariant,
  { npm, signal }: InstallPackagesOptions,
): Promise<void> {
  const building = `${layout.packages}.tmp-${process.pid}`;
  const wanted = [`${npmPackage[variant]}@${tfjsNodeVersion}`, `node-api-headers@${nodeApiHeadersVersion}`];
  await rm(building, { recursive: true, force: true });
  await mkdir(building, { recursive: true });
  try {
    await writeFile(join(building, 'package.json'), '{ "private": true }\n');
    await runCommand(npm, ['install', '--prefix', building, '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', ...wanted], {
      cwd: building,
      signal,
      missing: { code: 'missing-npm', message: `there is no ${npm}: install npm (it comes with Node)` },
      failed: { code: 'install-failed', message: `npm could not install ${wanted.join(' ')}: check its registry (npm config list)` },
    });
    await publishFolder(building, layout.packages);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/** Throws `missing-tfjs-node` or `missing-headers` unless what the addon is compiled from is there. */
export function assertSources(layout: InstallationLayout): { sources: string[]; headers: string } {
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(layout.package, 'binding', file));
  const headers = join(layout.packages, 'node_modules', 'node-api-headers', 'include');
  const again = `remove ${layout.packages} and run this again`;
  for (const source of sources) {
    if (!existsSync(source)) throw new TensorFlowSetupError('missing-tfjs-node', `no file at ${source}: ${again}`);
  }
  if (!existsSync(join(headers, 'node_api.h'))) throw new TensorFlowSetupError('missing-headers', `no node_api.h in ${headers}: ${again}`);
  return { sources, headers };
}
