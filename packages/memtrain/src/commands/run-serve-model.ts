import { basename, resolve } from 'node:path';
import { openSavedModel } from '../model/open-model.ts';
import { serveModel } from '../serve/serve-model.ts';
import type { CommandContext } from './context.ts';
import type { ServeModelCommandOptions } from './serve-model.ts';

/** Does what `memtrain serve-model` was asked for, until it is interrupted. */
export async function runServeModel(options: ServeModelCommandOptions, context: CommandContext): Promise<void> {
  const { host, port, name = basename(resolve(options.model)) } = options;
  const { learner } = await openSavedModel(options.model, options);
  try {
    const server = await serveModel(await learner.model(), { name, host, port, now: () => context.now().getTime() });
    context.print(`${name} at ${server.url}; stop with Ctrl-C`);
    await new Promise<void>((stop) => {
      if (context.signal.aborted) stop();
      context.signal.addEventListener('abort', () => stop(), { once: true });
    });
    await server.close();
  } finally {
    await learner.dispose();
  }
}
