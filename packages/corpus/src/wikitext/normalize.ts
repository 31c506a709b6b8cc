/**
 * One form for text that looks the same: NFC, every kind of space a plain space, no invisible characters.
 * Dashes and curly quotes stay; matching folds them.
 */
export function normalizeText(text: string): string {
  const normal = text.normalize('NFC');
  if (!UNUSUAL.test(normal)) return normal;
  return normal
    .replace(/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, ' ')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g, '');
}

const UNUSUAL = /[\u0000-\u0008\u000b-\u001f\u007f\u00a0\u00ad\u2000-\u200f\u202a-\u202f\u205f\u2060\u2066-\u2069\u3000\ufeff]/;
