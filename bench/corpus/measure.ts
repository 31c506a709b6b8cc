/** What the parts of the corpus benchmark share: where things are, and commands with the time they take. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
export const data = join(root, '../shared/data');
export const dist = join(root, 'packages/corpus/dist');
export const python = process.env['MEMTRAIN_PYTHON'];

export interface Finished {
  readonly wall: number;
  readonly cpu: number;
  readonly stdout: string;
}

/** Runs a command; CPU seconds are those of the whole process tree, start-up included. Undefined when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Finished | undefined> {
  const script = `TIMEFORMAT='TIME %R %U %S'; time "$0" "$@"`;
  const child = spawn('bash', ['-c', script, command, ...args], { env: { ...process.env, NODE_OPTIONS: '', ...environment } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4000)));
  const [code] = (await once(child, 'close')) as [number];
  const times = /TIME ([\d.]+) ([\d.]+) ([\d.]+)\s*$/.exec(stderr);
  if (code !== 0 || !times) {
    console.log(
      `left out: ${command} ${args.slice(0, 4).join(' ').slice(0, 100)} ended with ${code}: ${/\w*Error[^\n]*/.exec(stderr)?.[0] ?? stderr.slice(-200)}`,
    );
    return undefined;
  }
  return { wall: Number(times[1]), cpu: Number(times[2]) + Number(times[3]), stdout };
}

export const module = (code: string, ...args: string[]): Promise<Finished | undefined> =>
  run(process.execPath, ['--input-type=module', '-e', code, '--', ...args]);

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
