import { createHash } from 'node:crypto';

/** Tells one text from another: 32 hexadecimal digits, the first half of the SHA-256 of its UTF-8. */
export function textHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
