import { join } from 'node:path';
import { MemtrainError } from '../errors.ts';
import { openLocalEngine, requireBackbone } from '../miniature/local-engine.ts';
import { miniatureLines, miniatureReport } from '../miniature/miniature-report.ts';
import { runMiniature } from '../miniature/run-miniature.ts';
import type { MiniatureEngine } from '../miniature/run-miniature.ts';
import type { MiniatureScale } from '../miniature/scales.ts';
import { writeReport } from '../report/write-report.ts';
import { createManifest } from '../run/manifest.ts';
import { openRunFolder, runFiles } from '../run/run-folder.ts';
import type { CommandContext } from './context.ts';

export interface ReproduceRun {
  readonly scale: MiniatureScale;
  readonly out: string;
  readonly seed: number;
  readonly resume: boolean;
}

/** Opens what trains. Tests pass a scripted one. */
export type OpenEngine = (run: ReproduceRun, context: CommandContext) => Promise<MiniatureEngine & { dispose(): Promise<void> }>;

const openDefault: OpenEngine = ({ scale, out, seed }, { progress, signal }) =>
  openLocalEngine({ scale, folder: out, seed, progress, signal });

/** Runs, or goes on with, the miniature; writes its report and prints the tables. */
export async function reproduce(run: ReproduceRun, context: CommandContext, openEngine: OpenEngine = openDefault): Promise<void> {
  const { scale, out, seed, resume } = run;
  if (openEngine === openDefault) requireBackbone(scale);
  const manifest = createManifest({ command: ['memtrain', ...context.argv], seed, now: context.now() });
  await openRunFolder(out, { config: { command: 'reproduce', seed, scale }, manifest, resume });
  const started = context.now().getTime();
  const engine = await openEngine(run, context);
  try {
    await runMiniature({ scale, folder: out, seed, engine, progress: context.progress, signal: context.signal, now: context.now });
  } catch (error) {
    if (!context.signal.aborted) throw error;
    const resumeLine = `memtrain reproduce --scale ${scale.name} --out ${out} --seed ${seed} --resume`;
    const where = MemtrainError.isInstance(error) && error.code === 'interrupted' ? error.message : 'stopped';
    throw new MemtrainError('interrupted', `${where}; go on with: ${resumeLine}`, { cause: error });
  } finally {
    await engine.dispose();
  }
  const report = miniatureReport({ scale, folder: out, seed, manifest });
  const file = join(out, runFiles.report);
  await writeReport(file, report);
  for (const line of miniatureLines(report)) context.print(line);
  context.print('');
  context.print(`report: ${file} (${Math.round((context.now().getTime() - started) / 1000)} s)`);
}
