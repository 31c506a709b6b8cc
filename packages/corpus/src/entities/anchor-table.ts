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

/** Collects anchors of all links, titles and redirects. */
export function buildAnchorTable(passages: Iterable<Passage>, options: BuildAnchorTableOptions = {}): AnchorTable {
  const redirects = options.redirects ?? new Map<string, string>();
  const kinds = options.kinds ?? new Map<string, EntityKind>();
  const resolve = (target: string): string => {
    const title = canonicalTitle(target);
    const next = redirects.get(title);
    return next === undefined ? title : canonicalTitle(next);
  };
  const counts = new Map<string, Map<string, number>>();
  const count = (surface: string, title: string): void => {
    const titles = counts.get(surface) ?? new Map<string, number>();
    titles.set(title, (titles.get(title) ?? 0) + 1);
    counts.set(surface, titles);
  };
  const titles = new Set<string>();
  for (const passage of passages) {
    titles.add(passage.title);
    for (const link of passage.links) count(passage.text.slice(link.start, link.end), resolve(link.target));
  }
  for (const title of titles) count(withoutQualifier(title), title);
  for (const [from, to] of redirects) count(withoutQualifier(from), resolve(to));

  const titleOfSurface = new Map<string, string>();
  const surfacesOfTitle = new Map<string, string[]>();
  for (const [surface, byTitle] of counts) {
    let total = 0;
    let best: [string, number] = ['', 0];
    for (const [title, times] of byTitle) {
      total += times;
      if (times > best[1]) best = [title, times];
    }
    if (best[1] / total < AGREEMENT) continue;
    titleOfSurface.set(surface, best[0]);
    const surfaces = surfacesOfTitle.get(best[0]) ?? [];
    surfaces.push(surface);
    surfacesOfTitle.set(best[0], surfaces);
  }
  return {
    resolve,
    titleOf: (surface) => titleOfSurface.get(surface),
    kindOf: (title) => kinds.get(title),
    surfacesOf: (title) => surfacesOfTitle.get(title) ?? [],
  };
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
