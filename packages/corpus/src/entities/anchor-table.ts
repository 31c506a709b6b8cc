import type { Passage } from '../passages/passage.ts';
import type { EntityKind } from './entity.ts';

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

export interface BuildAnchorTableOptions {
  /** Redirects: from title to title. */
  readonly redirects?: ReadonlyMap<string, string>;
  /** Kinds of the articles' subjects, by title. */
  readonly kinds?: ReadonlyMap<string, EntityKind>;
}

/** A surface form belongs to a title when at least this share of its links point there. */
const AGREEMENT = 0.9;

/** What an anchor table is made of; plain data. */
export interface AnchorData {
  readonly redirects: ReadonlyMap<string, string>;
  readonly kinds: ReadonlyMap<string, EntityKind>;
  /** Surface form -> the title that nearly all of its uses stand for. */
  readonly titleOfSurface: ReadonlyMap<string, string>;
}

/** Collects anchors of all links, titles and redirects. */
export function collectAnchors(passages: Iterable<Passage>, options: BuildAnchorTableOptions = {}): AnchorData {
  const redirects = options.redirects ?? new Map<string, string>();
  const kinds = options.kinds ?? new Map<string, EntityKind>();
  const resolve = (target: string): string => resolveTitle(redirects, target);
  // Most surfaces stand for one title: those need no map of their own.
  const counts = new Map<string, [title: string, times: number] | Map<string, number>>();
  const count = (surface: string, title: string): void => {
    const own = counts.get(surface);
    if (own === undefined) counts.set(surface, [title, 1]);
    else if (own instanceof Map) own.set(title, (own.get(title) ?? 0) + 1);
    else if (own[0] === title) own[1]++;
    else counts.set(surface, new Map([own, [title, 1]]));
  };
  const titles = new Set<string>();
  for (const passage of passages) {
    titles.add(passage.title);
    for (const link of passage.links) {
      const surface = passage.text.slice(link.start, link.end);
      if (isNamelike(surface)) count(surface, resolve(link.target));
    }
  }
  for (const title of titles) count(withoutQualifier(title), title);
  for (const [from, to] of redirects) if (isNamelike(from)) count(withoutQualifier(from), resolveTitle(redirects, to));
  const titleOfSurface = new Map<string, string>();
  for (const [surface, own] of counts) {
    const byTitle = own instanceof Map ? [...own] : [own];
    const total = byTitle.reduce((sum, [, times]) => sum + times, 0);
    const best = byTitle.reduce((most, one) => (one[1] > most[1] ? one : most));
    if (best[1] / total >= AGREEMENT) titleOfSurface.set(surface, best[0]);
  }
  return { redirects, kinds, titleOfSurface };
}

/** A view of the data. */
export function anchorTableFrom({ redirects, kinds, titleOfSurface }: AnchorData): AnchorTable {
  const surfacesOfTitle = new Map<string, string[]>();
  for (const [surface, title] of titleOfSurface) {
    const surfaces = surfacesOfTitle.get(title);
    if (surfaces) surfaces.push(surface);
    else surfacesOfTitle.set(title, [surface]);
  }
  return {
    resolve: (target) => resolveTitle(redirects, target),
    titleOf: (surface) => titleOfSurface.get(surface),
    kindOf: (title) => kinds.get(title),
    surfacesOf: (title) => surfacesOfTitle.get(title) ?? [],
  };
}

/** `anchorTableFrom(collectAnchors(passages, options))`. */
export function buildAnchorTable(passages: Iterable<Passage>, options: BuildAnchorTableOptions = {}): AnchorTable {
  return anchorTableFrom(collectAnchors(passages, options));
}

/** Only such anchors become names or aliases. */
function isNamelike(surface: string): boolean {
  return surface.length <= 60 && /^[\p{Lu}\p{Lo}\p{N}]/u.test(surface);
}

function resolveTitle(redirects: ReadonlyMap<string, string>, target: string): string {
  const title = canonicalTitle(target);
  const next = redirects.get(title);
  return next === undefined ? title : canonicalTitle(next);
}

/** "Abraham Lincoln (president)" -> "Abraham Lincoln". */
export function withoutQualifier(title: string): string {
  return title.replace(/\s*\([^)]*\)$/, '') || title;
}

function canonicalTitle(target: string): string {
  const title = target.replace(/#.*$/s, '').replaceAll('_', ' ').replace(/\s+/g, ' ').trim();
  const first = String.fromCodePoint(title.codePointAt(0) ?? 32);
  return title === '' ? '' : first.toUpperCase() + title.slice(first.length);
}
