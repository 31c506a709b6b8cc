import type { CommandContext } from '../../src/commands/context.ts';

/** A command's surroundings that keep what is printed. */
export function commandContext(signal: AbortSignal = new AbortController().signal): CommandContext & { readonly lines: string[] } {
  const lines: string[] = [];
  const silent = { update: () => undefined, finish: () => undefined };
  return {
    signal,
    lines,
    argv: ['test'],
    progress: { task: () => silent },
    print: (line) => void lines.push(line),
    now: () => new Date('2026-01-02T03:04:05Z'),
  };
}
