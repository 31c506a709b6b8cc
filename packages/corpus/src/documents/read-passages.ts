import type { BuildThreads } from '../build/build-threads.ts';
import { checkRejected, partNames, passagePaths, readStage } from '../build/read-stage.ts';
import type { PartNames, PassagePart, ReadProgress } from '../build/read-stage.ts';
import type { WorkFolder } from '../build/work-folder.ts';
import { openPassageStore, scanPassageFiles } from '../passages/passage-store.ts';
import type { DiskPassageStore } from '../passages/passage-store.ts';
import { requirePassages } from './build-documents.ts';
import { aborted } from './build-folder.ts';
import type { BuildCorpusOptions, CorpusSettings } from './corpus-options.ts';

export interface ReadPassagesOptions {
  readonly work: WorkFolder;
  readonly threads: BuildThreads;
  readonly onProgress: (progress: ReadProgress) => void;
}

/** The passages of a build, on disk and open, and what their sources say of names. */
export interface ReadPassages {
  readonly parts: readonly PassagePart[];
  readonly names: Iterable<PartNames>;
  readonly store: DiskPassageStore;
}

/** Cuts the sources of a build into passages, or takes those that are in its folder already; too many bad records or too few passages throw. */
export async function readPassages(
  options: BuildCorpusOptions,
  settings: CorpusSettings,
  { work, threads, onProgress }: ReadPassagesOptions,
): Promise<ReadPassages> {
  const parts = await readStage({
    ...settings.reading,
    ...(options.standardInput ? { standardInput: options.standardInput } : {}),
    sources: options,
    work,
    threads,
    onProgress,
    checkAborted: () => {
      if (options.signal?.aborted) throw aborted();
    },
  });
  const names = partNames(work, parts);
  checkRejected(parts, names, settings.maxRejectedShare);
  const store = openPassageStore(scanPassageFiles(passagePaths(work, parts)));
  try {
    requirePassages(store.size, settings.document);
  } catch (error) {
    store.close();
    throw error;
  }
  return { parts, names, store };
}
