import { RewardError } from '../errors.ts';
import type { BatchReward, Reward } from './reward.ts';

// Node's modules are imported inside the function, so that the package's index also loads in a browser.

/**
 * The reward that a module exports: `rewards/short.mjs` (its default export), or `rewards/short.mjs#name`. It is a function, or an object
 * with a `batch` function. Relative paths are taken from `folder` (default: the working folder). The module's code runs with all rights of
 * this process. Throws `RewardError` (`bad-module`).
 */
export async function loadReward(modulePath: string, options: { readonly folder?: string } = {}): Promise<Reward | BatchReward> {
  const [{ resolve }, { pathToFileURL }] = await Promise.all([import('node:path'), import('node:url')]);
  const mark = modulePath.lastIndexOf('#');
  const [path, name] = mark < 0 ? [modulePath, 'default'] : [modulePath.slice(0, mark), modulePath.slice(mark + 1)];
  const file = resolve(options.folder ?? '.', path);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new RewardError('bad-module', `the reward module ${file} cannot be loaded: ${(cause as Error).message}`, { cause });
  }
  const reward = module[name];
  if (typeof reward === 'function') return reward as Reward;
  if (typeof reward === 'object' && reward !== null && typeof (reward as Partial<BatchReward>).batch === 'function')
    return reward as BatchReward;
  const names = Object.keys(module).join(', ') || 'nothing';
  throw new RewardError('bad-module', `${file} exports no reward as ${name} (it exports ${names}): export a function, or { batch }`);
}
