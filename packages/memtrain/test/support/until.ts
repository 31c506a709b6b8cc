import { setTimeout } from 'node:timers/promises';

/** Resolves once the condition holds; the test's own time limit ends the wait for one that never does. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(2);
}
