// Every name here is public API: named exports only.
export { memoryServer, serveMemoryOverStdio } from './memory-server.ts';
export type { MemoryServerOptions } from './memory-server.ts';
