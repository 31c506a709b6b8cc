import type { EntityKind } from './entity.ts';
import { GIVEN_NAMES, PLACES } from './name-lists.ts';

const ORGANISATION = new RegExp(
  '\\b(?:University|College|Institute|Academy|Party|Company|Corporation|Inc|Ltd|Association|Committee|Council|' +
    'Ministry|Department|Agency|Army|Navy|Air Force|Church|Union|Federation|League|Club|Society|Foundation|Bank|' +
    'Parliament|Congress|Senate|Orchestra|Press|Records|Airlines|Airways|Group|Court|School|Organi[sz]ation)\\b',
);
const PLACE = new RegExp(
  '\\b(?:River|Lake|Mount|Mountains?|Islands?|Isle|County|City|Town|Ocean|Sea|Gulf|Bay|Street|Avenue|Valley|' +
    'Province|District|Republic|Kingdom|Desert|Peninsula|Park|Bridge|Castle|Airport|Beach|Coast|Forest|Hills?|' +
    'Square|Theatre|Museum|Cathedral)\\b',
);
const EVENT = /\b(?:War|Wars|Battle|Revolution|Treaty|Olympics|Games|Festival|Championships?|Cup|Election|Massacre|Crisis|Siege|Awards?)\b/;
const BEFORE_PERSON = new RegExp(
  '\\b(?:Mr|Mrs|Ms|Dr|Prof|Sir|Lady|Lord|President|King|Queen|Pope|Saint|St|Emperor|Empress|Prince|Princess|' +
    'General|Colonel|Captain|Senator|Governor|Professor|philosopher|writer|author|actor|actress|singer|director|' +
    'poet|composer|scientist|economist|historian|physicist|brother|sister|son|daughter|wife|husband|father|' +
    'mother)\\.? $',
);
const AFTER_PERSON = /^(?: \((?:born|b\.|c\. |\d{1,2} \p{Lu}|\p{Lu}\p{L}+ \d|\d{3,4}\s?[–-])| was born|, (?:who|the (?:son|daughter))\b)/u;

const PERSON_WORDS = /^\p{Lu}[\p{L}\p{M}.'’-]*(?: (?:\p{Lu}[\p{L}\p{M}.'’-]*|de|von|van|der|du|da|del|la|le|al|bin|ibn|di)){1,3}$/u;
const BEFORE_PLACE = /(?:\p{Ll}|,) (?:in|near|from|outside|throughout) $/u;
const ABSTRACT = /(?:ism|ity|tion|ics?|logy|graphy|ese|ish|ian|ans)$/;

/** Kind of a name by the words in it and beside it and two short lists: an English guess, `other` when nothing speaks. */
export function nameKind(name: string, before: string, after: string): EntityKind {
  if (PLACES.has(name)) return 'place';
  if (EVENT.test(name)) return 'event';
  if (ORGANISATION.test(name)) return 'organisation';
  if (PLACE.test(name)) return 'place';
  if (BEFORE_PERSON.test(before) || AFTER_PERSON.test(after)) return 'person';
  if (GIVEN_NAMES.has(name)) return 'person';
  if (PERSON_WORDS.test(name) && (GIVEN_NAMES.has(name.split(' ')[0]!) || /^(?:\p{Lu}\.\s?)+\p{Lu}/u.test(name))) return 'person';
  if (BEFORE_PLACE.test(before) && !ABSTRACT.test(name) && /^\p{Lu}\p{Ll}+$/u.test(name)) return 'place';
  return 'other';
}
