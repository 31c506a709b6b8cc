import { CommanderError } from 'commander';

/** An error as the one line that a user reads: `memtrain: what, where, what to do`. */
export function errorLine(error: unknown): string {
  return `memtrain: ${explain(error).replace(/\s+/g, ' ').trim()}`;
}

function explain(error: unknown): string {
  if (error instanceof CommanderError) {
    const what = error.code === 'commander.help' ? 'no command given' : error.message.replace(/^error: /, '');
    return `${what.replace(/\.\s*$/, '')}: see memtrain --help`;
  }
  if (!(error instanceof Error)) return `unexpected error (${String(error)}): run again with --verbose`;
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `no file or folder at ${path}: check the path`;
  if (code === 'EACCES' || code === 'EPERM') return `no permission for ${path}: change its rights or choose another path`;
  if (code === 'ENOSPC') return `no space left on the disk${path ? ` at ${path}` : ''}: free some and resume`;
  if (code === 'ENOTDIR' || code === 'EISDIR' || code === 'EEXIST') return `${error.message}: choose another path`;
  // Every package's own errors have a code and say what to do.
  if (typeof code === 'string' && /^[a-z0-9-]+$/.test(code)) return error.message;
  return `unexpected error (${error.name}: ${error.message}): run again with --verbose for where it happened`;
}
