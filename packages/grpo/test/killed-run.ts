// Run by the checkpoint tests: trains in the folder argv[2] and dies by SIGKILL in the middle of saving step 4.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { train } from '../src/train.ts';
import { runOptions } from './run-options.ts';
import { tableLearner } from './table-learner.ts';

let saves = 0;
const learner = tableLearner({
  onSave: async (path) => {
    if (++saves < 2) return;
    await writeFile(join(path, 'table.bin'), 'half of it');
    process.kill(process.pid, 'SIGKILL');
    await new Promise(() => setTimeout(() => undefined, 60_000));
  },
});
await train(runOptions(process.argv[2]!, learner));
