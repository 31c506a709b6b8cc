import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

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
