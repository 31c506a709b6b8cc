import type { Passage } from '../passages/passage.ts';
import type { Span } from '../passages/sentences.ts';
import { nameAliases, numericAliases } from './aliases.ts';
import type { AnchorTable } from './anchor-table.ts';
import { capitalisedRuns } from './capitalised-runs.ts';
import { datesAndNumbers } from './dates-and-numbers.ts';
import { isNumericKind } from './entity.ts';
import type { Entity, EntityKind, EntitySource } from './entity.ts';
import { GROUPS } from './name-lists.ts';
import type { NameEvidence } from './name-evidence.ts';
import { kindByWords, nameKind } from './name-kind.ts';
import { withoutQualifier } from './page-title.ts';
import type { Truecase } from './truecase.ts';
import { winkEntities } from './wink-entities.ts';

export interface FindEntitiesOptions {
  readonly truecase: Truecase;
  readonly anchors: AnchorTable;
  /** What the corpus says of names elsewhere; without it more kinds stay `other`. */
  readonly names?: NameEvidence;
  /** Ask wink-nlp too, which takes longer than all the rest. Default true. */
  readonly wink?: boolean;
}

export interface Candidate extends Span {
  readonly source: EntitySource;
  readonly kind?: EntityKind;
  /** Title of the linked page. */
  readonly title?: string;
}

/** Words that are capitalised without naming anything. */
const BARE_TITLES = new Set(
  (
    'President King Queen Prince Princess Emperor Pope General Captain Senator Governor Professor Minister Prime Church Army TV DVD CD ' +
    'ISBN Mr Mrs Dr Sir Lord Lady'
  ).split(' '),
);

/**
 * Entities of a passage that can be masked, in order, without overlaps: link anchors, capitalised runs, dates and numbers by patterns,
 * and wink-nlp's structured kinds where nothing else was found. The longer span wins.
 * Left out: names under three letters, numbers under two digits, lower-case anchors, spelled numbers, over-long spans.
 */
export function findEntities(passage: Passage, options: FindEntitiesOptions): Entity[] {
  const { text } = passage;
  const named: Candidate[] = [
    ...passage.links.map((link): Candidate => linkCandidate(text, link, options.anchors.resolve(link.target))),
    ...capitalisedRuns(text, options.truecase).map((span): Candidate => ({ ...span, source: 'capitals' })),
    ...datesAndNumbers(text).map((span): Candidate => ({ ...span, source: 'pattern' })),
  ];
  const chosen: Candidate[] = [];
  const overlapsChosen = (candidate: Span): boolean => chosen.some((other) => other.start < candidate.end && candidate.start < other.end);
  // Stable sort: between spans of one length the earlier source above wins.
  for (const candidate of named.toSorted((a, b) => b.end - b.start - (a.end - a.start))) {
    if (!overlapsChosen(candidate)) chosen.push(candidate);
  }
  if (options.wink !== false) for (const span of winkEntities(text)) if (!overlapsChosen(span)) chosen.push({ ...span, source: 'wink' });
  return chosen
    .toSorted((a, b) => a.start - b.start)
    .map((candidate) => toEntity(text, candidate, options))
    .filter((entity) => isMaskable(entity));
}

function linkCandidate(text: string, link: Span, title: string): Candidate {
  const article = /^(?:the|an?) /.exec(text.slice(link.start, link.end));
  return { start: link.start + (article?.[0].length ?? 0), end: link.end, source: 'link', title };
}

/** An entity from its span: kind (unless given), and aliases by what the corpus says. */
export function toEntity(text: string, candidate: Candidate, { anchors, names, truecase }: FindEntitiesOptions): Entity {
  const { start, end, source } = candidate;
  const surface = text.slice(start, end);
  const given = candidate.kind;
  const numericKind = given === undefined ? wholeNumeric(surface) : isNumericKind(given) ? given : undefined;
  if (numericKind) return { start, end, source, text: surface, kind: numericKind, aliases: numericAliases(surface, numericKind) };
  const title = candidate.title ?? anchors.titleOf(surface);
  const kind =
    given ??
    (GROUPS.has(surface) ? 'group' : undefined) ??
    (title === undefined ? undefined : (anchors.kindOf(title) ?? titleKind(title))) ??
    nameKind(surface, {
      before: text.slice(Math.max(0, start - 40), start),
      after: text.slice(end, end + 30),
      isCommonWord: truecase.isCommonWord,
      ...(names && { learnt: names.kindOf }),
    });
  const aliases = title ? nameAliases(surface, [withoutQualifier(title), ...anchors.surfacesOf(title)]) : [];
  return { start, end, source, text: surface, kind, aliases };
}

/** Kind of a page by its title: "Galveston, Texas", "Alien (film)". */
function titleKind(title: string): EntityKind | undefined {
  const qualifier = /\(([^)]*)\)$/.exec(title)?.[1];
  if (qualifier !== undefined) {
    if (/\b(?:film|novel|book|album|song|series|play|opera|magazine|newspaper|video game|comics|painting|poem|musical)\b/.test(qualifier))
      return 'work';
    if (/\b(?:band|company|club|party|organi[sz]ation)\b/.test(qualifier)) return 'organisation';
    if (
      /\b(?:politician|actor|actress|musician|singer|writer|author|footballer|philosopher|artist|director|scientist|economist|poet)\b/.test(
        qualifier,
      )
    )
      return 'person';
    if (/\b(?:city|town|state|country|island|river|mountain|county|province)\b/.test(qualifier)) return 'place';
  }
  const [name, region] = title.split(', ') as [string, string?];
  if (region !== undefined && kindByWords(region) === 'place') return 'place';
  return kindByWords(withoutQualifier(name));
}

/** Kind of a text that is a date or number as a whole: also for links such as "[[4 July]]". */
function wholeNumeric(surface: string): EntityKind | undefined {
  return datesAndNumbers(surface).find((span) => span.start === 0 && span.end === surface.length)?.kind;
}

/** Whether an entity makes a question: see `findEntities`. */
export function isMaskable(entity: Pick<Entity, 'text' | 'kind'>): boolean {
  const { text, kind } = entity;
  if (text.length > 60 || text.split(' ').length > 8 || /[\n[\]{}|#<>_]|MASK|TARGET/i.test(text)) return false;
  if (isNumericKind(kind)) return (text.match(/\p{N}/gu)?.length ?? 0) >= 2;
  if (BARE_TITLES.has(text)) return false;
  return /^[\p{Lu}\p{Lo}\p{N}]/u.test(text) && (text.match(/\p{L}/gu)?.length ?? 0) >= (/\p{Lo}/u.test(text) ? 2 : 3);
}
