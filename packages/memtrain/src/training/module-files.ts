import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { contentHash } from '../run/content-hash.ts';

/** `file.mjs` or `file.mjs#name` in its two parts; the file is relative to the working folder. */
export function modulePlace(modulePath: string): { readonly file: string; readonly name: string } {
  const mark = modulePath.lastIndexOf('#');
  return mark < 0
    ? { file: resolve(modulePath), name: 'default' }
    : { file: resolve(modulePath.slice(0, mark)), name: modulePath.slice(mark + 1) };
}

/**
 * What a module of your own is made of, for a run to go on with the same: SHA-256 of its file and of those that it imports by relative paths,
 * directly or not, named from the module's folder. Packages, data that is read, and paths that are put together while it runs are not seen.
 */
export function moduleFiles(modulePath: string): Record<string, string> {
  const main = realpathSync(modulePlace(modulePath).file);
  const hashes = new Map<string, string>();
  const waiting = [main];
  for (const file of waiting) {
    if (hashes.has(file)) continue;
    const bytes = readFileSync(file);
    hashes.set(file, contentHash(bytes));
    if (/\.[cm]?[jt]s$/.test(file)) waiting.push(...importsOf(file, bytes.toString()));
  }
  return Object.fromEntries([...hashes].map(([file, hash]) => [relative(dirname(main), file).split(sep).join('/'), hash]));
}

/** The files behind `from './x'`, `import './x'`, `import('./x')` and `require('./x')`; what names no file is none, e.g. in a comment. */
function importsOf(file: string, text: string): string[] {
  const paths = text.matchAll(/\b(?:from|import|require)\s*\(?\s*(["'`])(\.{1,2}\/[^"'`?#]+)[^"'`]*\1/g);
  return [...paths].flatMap(([, , path]) => {
    // `require` leaves endings out.
    const candidates = ['', '.js', '.json', '/index.js'].map((ending) => resolve(dirname(file), path!) + ending);
    const found = candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
    return found === undefined ? [] : [realpathSync(found)];
  });
}
