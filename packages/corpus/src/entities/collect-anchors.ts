import type { Passage } from '../passages/passage.ts';
import { forgetRare, MOST_NAMES, ownText, thinWhenFull } from './bounded-names.ts';
import type { EntityKind } from './entity.ts';
import { canonicalTitle, withoutQualifier } from './page-title.ts';

export interface BuildAnchorTableOptions {
  /** Redirects: from title to title. May be read several times. */
  readonly redirects?: Iterable<readonly [title: string, target: string]>;
  /** Kinds of the articles' subjects, by title. May be read several times. */
  readonly kinds?: Iterable<readonly [title: string, kind: EntityKind]>;
  /**
   * Most surface forms, redirects and kinds, each. Beyond it go the surface forms seen least often, and the redirects and kinds of the
   * titles linked to least often. Default 500,000.
   */
  readonly mostNames?: number;
}

/** A surface form belongs to a title when at least this share of its links point there. */
const AGREEMENT = 0.9;

/** What an anchor table is made of. */
export interface CollectedAnchors {
  readonly redirects: ReadonlyMap<string, string>;
  readonly kinds: ReadonlyMap<string, EntityKind>;
  /** Surface form -> the title that nearly all of its uses stand for. */
  readonly titleOfSurface: ReadonlyMap<string, string>;
}

/** Collects anchors of all links, titles and redirects. */
export function collectAnchors(passages: Iterable<Passage>, options: BuildAnchorTableOptions = {}): CollectedAnchors {
  const { mostNames = MOST_NAMES } = options;
  const { redirects, kinds } = boundedTitles(passages, { ...options, mostNames });
  const resolve = (target: string): string => resolveTitle(redirects, target);
  // Most surfaces stand for one title: those need no map of their own.
  const counts = new Map<string, [title: string, times: number] | Map<string, number>>();
  const count = (surface: string, title: string): void => {
    const own = counts.get(surface);
    if (own === undefined) counts.set(ownText(surface), [title, 1]);
    else if (own instanceof Map) own.set(title, (own.get(title) ?? 0) + 1);
    else if (own[0] === title) own[1]++;
    else counts.set(surface, new Map([own, [title, 1]]));
  };
  let last: string | undefined;
  for (const passage of passages) {
    // Passages of an article follow each other: its title counts once.
    if (passage.title !== last) count(withoutQualifier(passage.title), passage.title);
    last = passage.title;
    for (const link of passage.links) {
      const surface = passage.text.slice(link.start, link.end);
      if (isNamelike(surface)) count(surface, resolve(link.target));
    }
    thinWhenFull(counts, mostNames, timesOf);
  }
  for (const [from, to] of redirects) if (isNamelike(from)) count(withoutQualifier(from), resolveTitle(redirects, to));
  forgetRare(counts, mostNames, timesOf);
  const titleOfSurface = new Map<string, string>();
  for (const [surface, own] of counts) {
    const byTitle = own instanceof Map ? [...own] : [own];
    const total = byTitle.reduce((sum, [, times]) => sum + times, 0);
    const best = byTitle.reduce((most, one) => (one[1] > most[1] ? one : most));
    if (best[1] / total >= AGREEMENT) titleOfSurface.set(surface, best[0]);
  }
  return { redirects, kinds, titleOfSurface };
}

function timesOf(own: readonly [string, number] | ReadonlyMap<string, number>): number {
  if (!(own instanceof Map)) return (own as readonly [string, number])[1];
  let sum = 0;
  for (const times of own.values()) sum += times;
  return sum;
}

/** Redirects and kinds as maps: all of them, or those of the titles that the passages link to most often. */
function boundedTitles(
  passages: Iterable<Passage>,
  { redirects = [], kinds = [], mostNames }: BuildAnchorTableOptions & { readonly mostNames: number },
): Pick<CollectedAnchors, 'redirects' | 'kinds'> {
  if (hasAtMost(redirects, mostNames) && hasAtMost(kinds, mostNames)) return { redirects: new Map(redirects), kinds: new Map(kinds) };
  const linked = new Map<string, number>();
  const timesLinked = (title: string): number => linked.get(canonicalTitle(title)) ?? 0;
  for (const passage of passages) {
    for (const { target } of passage.links) {
      const title = canonicalTitle(target);
      const times = linked.get(title);
      if (times === undefined) linked.set(ownText(title), 1);
      else linked.set(title, times + 1);
    }
    thinWhenFull(linked, mostNames, (times) => times);
  }
  const kept = mostLinked(redirects, mostNames, (from, to) => Math.max(timesLinked(from), timesLinked(to)));
  // A link to a redirect is one to its target.
  for (const [from, to] of kept) linked.set(canonicalTitle(to), timesLinked(to) + timesLinked(from));
  return { redirects: kept, kinds: mostLinked(kinds, mostNames, timesLinked) };
}

function hasAtMost(entries: Iterable<unknown>, most: number): boolean {
  let count = 0;
  for (const _ of entries) if (++count > most) return false;
  return true;
}

const MOST_TIMES = 255;

/** The entries linked to at least as often as lets no more than `most` in; what nothing links to is left out. */
function mostLinked<V extends string>(
  entries: Iterable<readonly [string, V]>,
  most: number,
  timesLinked: (title: string, value: V) => number,
): Map<string, V> {
  const byTimes = new Uint32Array(MOST_TIMES + 1);
  for (const [title, value] of entries) byTimes[Math.min(MOST_TIMES, timesLinked(title, value))]!++;
  let least = MOST_TIMES;
  for (let room = most - byTimes[least]!; least > 1 && byTimes[least - 1]! <= room; least--) room -= byTimes[least - 1]!;
  const kept = new Map<string, V>();
  for (const [title, value] of entries) {
    if (kept.size === most) break;
    if (timesLinked(title, value) >= least) kept.set(title, value);
  }
  return kept;
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
