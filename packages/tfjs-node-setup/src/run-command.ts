import { spawn } from 'node:child_process';
import { TensorFlowSetupError, type TensorFlowSetupErrorCode } from './errors.ts';

export interface RunCommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** What to throw when there is no such program. */
  readonly missing: { readonly code: TensorFlowSetupErrorCode; readonly message: string };
  /** What to throw when it fails; its last lines are added to the message. */
  readonly failed: { readonly code: TensorFlowSetupErrorCode; readonly message: string };
}

/** Lines of a failed program's output that go into the error. */
const SHOWN = 6;

/** Runs a program without a shell and returns its standard output; throws as `options` say, or the signal's reason. */
export async function runCommand(program: string, args: readonly string[], options: RunCommandOptions): Promise<string> {
  const { cwd, env, signal, missing, failed } = options;
  signal?.throwIfAborted();
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill('SIGTERM');
  signal?.addEventListener('abort', stop, { once: true });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  try {
    const status = await new Promise<number | string>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, killedBy) => resolve(code ?? killedBy ?? 'unknown'));
    });
    signal?.throwIfAborted();
    if (status === 0) return stdout;
    const last = `${stdout}\n${stderr}`
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-SHOWN)
      .join('\n');
    throw new TensorFlowSetupError(failed.code, `${failed.message} (${program} ended with ${status}):\n${last}`);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new TensorFlowSetupError(missing.code, missing.message, { cause });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
