export { openDurableFile } from './durable-file.ts';
export type { DurableFile } from './durable-file.ts';
export { syncFolder, syncTree } from './sync-tree.ts';
export type { SyncedFile } from './sync-tree.ts';
export { writeFileDurably } from './write-file.ts';
export type { FileContent } from './write-file.ts';
export { writeFolderDurably } from './write-folder.ts';
