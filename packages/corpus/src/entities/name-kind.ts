import type { EntityKind } from './entity.ts';
import { GIVEN_NAMES } from './given-names.ts';
import { cueKind } from './name-cues.ts';
import { GROUPS, PLACES } from './name-lists.ts';

const ORGANISATION = new RegExp(
  '\\b(?:University|College|Institute|Academy|Party|Company|Corporation|Corp|Inc|Ltd|Association|Committee|Council|Commission|Brigade|' +
    'Ministry|Department|Agency|Army|Navy|Air Force|Church|Union|Federation|League|Club|Society|Foundation|Bank|Bureau|Regiment|Division|' +
    'Parliament|Congress|Senate|Assembly|Orchestra|Press|Records|Recordings|Airlines|Airways|Group|Court|School|Organi[sz]ation|Railway|' +
    'Railroad|Corps|Squadron|Command|Authority|Office|Board|Trust|Service|Services|Network|Systems|Industries|Motors|Studios|Pictures|' +
    'Entertainment|Television|Radio|Symphony|Choir|Conference|Front|Brothers|Hospital|Times|Post|Tribune|Star-Telegram)\\b',
);
const PLACE = new RegExp(
  '\\b(?:River|Lake|Lakes|Mount|Mountains?|Islands?|Isle|Isles|County|City|Town|Township|Village|Ocean|Sea|Gulf|Bay|Street|Avenue|Road|' +
    'Highway|Valley|Province|Provinces|District|Republic|Kingdom|Empire|Desert|Peninsula|Park|Bridge|Castle|Airport|Beach|Coast|Forest|' +
    'Hills?|Square|Theatre|Museum|Cathedral|Creek|Brook|Falls|Canyon|Plateau|Strait|Cape|Fort|Port|Harbou?r|Station|Palace|Temple|' +
    'Cemetery|Monastery|Abbey|Stadium|Arena|Region|Territory|Oblast|Prefecture|Canal|Tower|Hall|Building|Center|Centre|Garden|Gardens|Zoo)\\b',
);
const EVENT =
  /\b(?:War|Wars|Battle|Revolution|Revolt|Rebellion|Treaty|Olympics|Games|Festival|Championships?|Cup|Elections?|Massacre|Crisis|Siege|Awards?|Prize|Campaign|Expedition|Crusade|Conference of|Invasion|Act|Bowl|Tour|Grand Prix|Day|Holocaust)\b/;
/** Offices and periods: names of neither persons nor places. */
const OFFICE =
  /^(?:(?:Vice )?President|King|Queen|Emperor|Prime Minister|Minister|Secretary|Governor|Mayor|Bishop|Archbishop|Duke|Count|Earl|Prince|Chancellor|Speaker|Director|Head|Chief|Professor) of |\b(?:Ages?|Era|Period|Century|Dynasty)$/;
const PLACE_PREFIX =
  /^(?:North|South|East|West|Northern|Southern|Eastern|Western|Central|Upper|Lower|Old|New|San|Santa|Los|Las|Fort|Port|Mount|Lake|Cape|Rio|Den) \p{Lu}[\p{L}-]+$/u;

const PERSON_WORDS = /^\p{Lu}[\p{L}\p{M}.'’-]*(?: (?:\p{Lu}[\p{L}\p{M}.'’-]*|de|von|van|der|du|da|del|la|le|al|bin|ibn|di)){1,3}$/u;
const FULL_NAME = /^\p{Lu}\p{Ll}+(?: \p{Lu}\.)?(?: (?:Mc|Mac|De|Di|O['’])?\p{Lu}[\p{Ll}-]+){1,2}$/u;
const ABSTRACT = /(?:ism|ity|tion|ics?|logy|graphy|ese|ish|ian|ans)$/;
const ACRONYM = /^(?:\p{Lu}\.?){3,6}$/u;

export interface NameKindOptions {
  /** What stands before and after the name in its text. */
  readonly before?: string;
  readonly after?: string;
  /** What the corpus says of the name elsewhere (`NameEvidence.kindOf`). */
  readonly learnt?: (name: string) => EntityKind | undefined;
  /** True for words that the corpus also writes in lower case (`Truecase.isCommonWord`). */
  readonly isCommonWord?: (word: string) => boolean;
}

/**
 * Kind of a name by the words in it, those beside it, short lists, and what the corpus says of it elsewhere: an English guess,
 * `other` when nothing speaks.
 */
export function nameKind(name: string, options: NameKindOptions = {}): EntityKind {
  const { before = '', after = '', learnt, isCommonWord } = options;
  const own = kindByWords(name);
  if (own) return own;
  const cue = cueKind(before, after);
  const single = !name.includes(' ');
  if (cue && !(cue === 'place' && isNoPlace(name, isCommonWord))) return cue;
  const known = learnt?.(name);
  if (known) return known;
  if (ACRONYM.test(name)) return 'organisation';
  if (single) return GIVEN_NAMES.has(name) ? 'person' : 'other';
  // Two or three words that are nothing but names, as a person's mostly are: "Augusto Pinochet", not "Jacksonville Suns".
  const isFullName = FULL_NAME.test(name) && isCommonWord !== undefined && !name.split(' ').some((word) => isCommonWord(word));
  const isOfPlace = name.split(' ').some((word) => PLACES.has(word) || GROUPS.has(word) || learnt?.(word) === 'place');
  return isFullName && !isOfPlace ? 'person' : 'other';
}

/** "in Physics", "in The Personalist", "in NATO": what follows a preposition need not be a place. */
export function isNoPlace(name: string, isCommonWord: ((word: string) => boolean) | undefined): boolean {
  return ABSTRACT.test(name) || ACRONYM.test(name) || name.startsWith('The ') || (!name.includes(' ') && isCommonWord?.(name) === true);
}

/** Kind of a name by its words alone; undefined when they do not tell. */
export function kindByWords(name: string): EntityKind | undefined {
  if (PLACES.has(name)) return 'place';
  if (GROUPS.has(name)) return 'group';
  const words = name.split(' ');
  if (OFFICE.test(name)) return 'other';
  if (EVENT.test(name)) return 'event';
  if (ORGANISATION.test(name)) return 'organisation';
  if (PLACE.test(name)) return 'place';
  if (words.length > 1 && words.length < 4 && PLACES.has(words[0]!) && /\p{Ll}s$/u.test(name)) return 'organisation';
  if (PERSON_WORDS.test(name) && (GIVEN_NAMES.has(words[0]!) || /^(?:\p{Lu}\.[\s-]?)+\p{Lu}/u.test(name))) return 'person';
  if (
    /^(?:Dr|Mr|Mrs|Ms|Sir|Lady|Lord|Fr|Prof|St|King|Queen|Pope|Prince|Princess|Emperor|General|Colonel|Captain|Professor|President)\.? \p{Lu}/u.test(
      name,
    )
  )
    return 'person';
  if (PLACE_PREFIX.test(name)) return 'place';
  return undefined;
}
