import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { main } from '../../src/main.ts';

// For the tests that import this: on a busy machine a process takes long to start.
jest.setTimeout(180_000);

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line in a process of its own, run from source. `onStart` gets the process, to stop it. */
export function runMain(args: readonly string[], onStart?: (child: ReturnType<typeof spawn>) => void): Promise<Finished> {
  const entry = fileURLToPath(new URL('./main-entry.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@memtrain/source', entry, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  onStart?.(child);
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (text.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (text.stderr += data.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...text }));
  });
}

/** The command line in this process: quicker, for what ends early. */
export async function runHere(args: readonly string[]): Promise<Finished> {
  const text = { stdout: '', stderr: '' };
  const capture = (name: 'stdout' | 'stderr'): { mockRestore(): void } =>
    jest.spyOn(process[name], 'write').mockImplementation((data) => {
      text[name] += String(data);
      return true;
    });
  const spies = [capture('stdout'), capture('stderr')];
  try {
    return { code: await main(args), ...text };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
