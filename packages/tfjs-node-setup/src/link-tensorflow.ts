import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { TensorFlowSetupError } from './errors.ts';
import type { TensorFlowInstallation } from './installation.ts';
import { npmPackage } from './versions.ts';

/**
 * Lets a project that depends on `@tensorflow/tfjs-node` (or -gpu) itself use the addon that was set up: puts a link to it where the package looks.
 * `npm install` of that package undoes it. Returns the link. Throws `missing-tfjs-node` when the package, in this version, is not in the project.
 */
export async function linkTensorFlow(project: string, installation: TensorFlowInstallation): Promise<string> {
  const name = npmPackage[installation.variant];
  const folder = packageAbove(resolve(project), name);
  if (!folder) {
    const command = `npm install --ignore-scripts ${name}@${installation.tfjsNode}`;
    throw new TensorFlowSetupError('missing-tfjs-node', `${project} has no ${name}: run ${command} there`);
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  if (version !== installation.tfjsNode) {
    throw new TensorFlowSetupError('missing-tfjs-node', `${folder} is version ${version}: install ${installation.tfjsNode} there`);
  }
  const link = join(folder, 'lib', 'napi-v8', 'tfjs_binding.node');
  const building = `${link}.tmp-${process.pid}`;
  await mkdir(dirname(link), { recursive: true });
  await rm(building, { force: true });
  await symlink(installation.addon, building);
  await rename(building, link);
  return link;
}

/** Where Node would find the package from `folder`. */
function packageAbove(folder: string, name: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (dirname(at) === at) return undefined;
  }
}
