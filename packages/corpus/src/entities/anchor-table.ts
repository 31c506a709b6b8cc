import type { Passage } from '../passages/passage.ts';
import { findTerm, termTableBuilder, termText } from '../retrieval/term-table.ts';
import type { TermTable } from '../retrieval/term-table.ts';
import { collectAnchors } from './collect-anchors.ts';
import type { BuildAnchorTableOptions, CollectedAnchors } from './collect-anchors.ts';
import { ENTITY_KINDS } from './entity.ts';
import type { EntityKind } from './entity.ts';
import { canonicalTitle } from './page-title.ts';
import { sharedNumbers } from './shared-numbers.ts';

/** What the corpus calls its articles. */
export interface AnchorTable {
  /** Title that a link target stands for: redirects followed, section and underscores dropped. */
  resolve(target: string): string;
  /** Title that a surface form stands for, when nearly every use of it agrees. */
  titleOf(surface: string): string | undefined;
  kindOf(title: string): EntityKind | undefined;
  /** Surface forms that stand for the title, and hardly ever for another. */
  surfacesOf(title: string): readonly string[];
}

/** The same as typed arrays that threads can share. Titles and surface forms are names; each stands there once and has a number. */
export interface AnchorData {
  readonly names: TermTable;
  /** Of each name: number of the title that it redirects to, plus one; 0 for none. */
  readonly redirects: Uint32Array;
  /** Of each name: number of the title that it stands for as a surface form, plus one; 0 for none. */
  readonly titles: Uint32Array;
  /** Of each name: index in `ENTITY_KINDS` of the page's kind, plus one; 0 for none. */
  readonly kinds: Uint8Array;
  /** Surface forms of name n: `surfaces[surfaceStarts[n]]` to `surfaces[surfaceStarts[n + 1]]`. */
  readonly surfaceStarts: Uint32Array;
  readonly surfaces: Uint32Array;
}

/** Packs what was collected into shared memory. */
export function packAnchors({ redirects, kinds, titleOfSurface }: CollectedAnchors): AnchorData {
  const names = termTableBuilder();
  for (const pair of titleOfSurface) for (const name of pair) names.add(name);
  for (const [from, to] of redirects) for (const name of [from, canonicalTitle(to)]) names.add(name);
  for (const title of kinds.keys()) names.add(title);
  const packed = {
    redirects: sharedNumbers(names.size),
    titles: sharedNumbers(names.size),
    kinds: new Uint8Array(new SharedArrayBuffer(names.size)),
    surfaceStarts: sharedNumbers(names.size + 1),
    surfaces: sharedNumbers(titleOfSurface.size),
  };
  for (const [from, to] of redirects) packed.redirects[names.add(from)] = names.add(canonicalTitle(to)) + 1;
  for (const [title, kind] of kinds) packed.kinds[names.add(title)] = ENTITY_KINDS.indexOf(kind) + 1;
  // Counting sort by title keeps the surface forms of a title in their order.
  for (const [surface, own] of titleOfSurface) {
    const title = names.add(own);
    packed.titles[names.add(surface)] = title + 1;
    packed.surfaceStarts[title + 1]!++;
  }
  for (let name = 0; name < names.size; name++) packed.surfaceStarts[name + 1]! += packed.surfaceStarts[name]!;
  const next = packed.surfaceStarts.slice();
  for (const [surface, own] of titleOfSurface) packed.surfaces[next[names.add(own)]!++] = names.add(surface);
  return { names: names.finish(SharedArrayBuffer), ...packed };
}

/** A view of the data. */
export function anchorTableFrom({ names, redirects, titles, kinds, surfaceStarts, surfaces }: AnchorData): AnchorTable {
  return {
    resolve(target) {
      const title = canonicalTitle(target);
      const name = findTerm(names, title);
      const to = name < 0 ? 0 : redirects[name]!;
      return to === 0 ? title : termText(names, to - 1);
    },
    titleOf(surface) {
      const name = findTerm(names, surface);
      const title = name < 0 ? 0 : titles[name]!;
      return title === 0 ? undefined : termText(names, title - 1);
    },
    kindOf(title) {
      const name = findTerm(names, title);
      return name < 0 ? undefined : ENTITY_KINDS[kinds[name]! - 1];
    },
    surfacesOf(title) {
      const name = findTerm(names, title);
      if (name < 0) return [];
      return Array.from(surfaces.subarray(surfaceStarts[name], surfaceStarts[name + 1]), (surface) => termText(names, surface));
    },
  };
}

/** Anchors of all links, titles and redirects of the passages. */
export function buildAnchorTable(passages: Iterable<Passage>, options: BuildAnchorTableOptions = {}): AnchorTable {
  return anchorTableFrom(packAnchors(collectAnchors(passages, options)));
}
