import { existsSync } from 'node:fs';
import type { PassageFiles } from '../passages/passage-store.ts';
import { SHARD_SIZE } from '../retrieval/index-shard.ts';
import { loadShard } from '../retrieval/shard-file.ts';
import type { BuildThreads } from './build-threads.ts';
import { mapInOrder } from './map-in-order.ts';
import type { WorkFolder } from './work-folder.ts';

export interface IndexStageOptions {
  readonly files: PassageFiles;
  readonly work: WorkFolder;
  readonly threads: BuildThreads;
  /** Called with the number of passages inverted. */
  readonly onProgress: (passages: number) => void;
  readonly checkAborted: () => void;
}

/** Inverts the passages, a shard a file; shards of an earlier run are not made again. Returns all, loaded into shared memory. */
export async function indexStage({ files, work, threads, onProgress, checkAborted }: IndexStageOptions): Promise<SharedArrayBuffer[]> {
  const size = files.firsts.at(-1)!;
  async function* ranges(): AsyncGenerator<{ from: number; to: number; name: string }> {
    for (let from = 0; from < size; from += SHARD_SIZE) {
      yield { from, to: Math.min(size, from + SHARD_SIZE), name: `index-${String(from / SHARD_SIZE).padStart(5, '0')}` };
    }
  }
  const shards: SharedArrayBuffer[] = [];
  const built = mapInOrder(ranges(), threads.ahead, async ({ from, to, name }) => {
    if (!existsSync(work.at(name))) await work.write(name, await threads.index(files, from, to));
    return { to, name };
  });
  for await (const { to, name } of built) {
    checkAborted();
    shards.push(loadShard(work.at(name)));
    onProgress(to);
  }
  return shards;
}
