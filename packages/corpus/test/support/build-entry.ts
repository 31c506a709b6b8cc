/**
 * Builds a corpus in a process of its own: `build-entry.ts OPTIONS KILL_AT`. With KILL_AT above 0 the process kills itself with SIGKILL
 * at its KILL_AT-th rename: before it when the number is odd, right after it when it is even.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { BuildCorpusOptions } from '../../src/index.ts';

const [, , options = '{}', killAt = '0'] = process.argv;
let renames = 0;
const rename = fs.promises.rename.bind(fs.promises);
fs.promises.rename = async (from, to) => {
  const die = ++renames === Number(killAt);
  if (die && renames % 2 === 1) process.kill(process.pid, 'SIGKILL');
  await rename(from, to);
  if (die) process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();

// Imported late, so that it sees the changed function.
const { buildCorpus } = await import('../../src/index.ts');
await buildCorpus(JSON.parse(options) as BuildCorpusOptions);
