import { createHash } from 'node:crypto';

/** SHA-256 of a file's bytes, as a run's `config.json` holds it. */
export function contentHash(bytes: Uint8Array): string {
  return `sha256 ${createHash('sha256').update(bytes).digest('hex')}`;
}
