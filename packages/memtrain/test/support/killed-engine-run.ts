// Run by resume-engine.test.ts in a process of its own, which dies: run folder, where to die.
import { engineRun, type Death } from './engine-run.ts';

await engineRun(process.argv[2]!, process.argv[3] as Death);
