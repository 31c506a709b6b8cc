import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BuildCorpusOptions } from '../../src/index.ts';

/** Builds in a process of its own, killed at its `killAt`-th write (0: never). Gives the exit code, or the signal that ended the process. */
export function runBuild(options: BuildCorpusOptions, killAt: number): Promise<number | string | null> {
  const entry = fileURLToPath(new URL('./build-entry.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@memtrain/source', entry, JSON.stringify(options), String(killAt)],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
}
