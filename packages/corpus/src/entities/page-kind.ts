import { definitionKind } from './definition-kind.ts';
import type { EntityKind } from './entity.ts';

const PERSON_BOX = new RegExp(
  'infobox (?:person|scientist|writer|officeholder|philosopher|artist|actor|president|royalty|monarch|military ' +
    'person|sportsperson|tennis biography|football biography|religious biography|saint|criminal|architect|comedian|' +
    'engineer|chess player|nfl|baseball biography|cyclist|economist)',
);
const PLACE_BOX = new RegExp(
  'infobox (?:settlement|country|u\\.?s\\.? state|province|islands?|body of water|lake|river|mountain|ocean|sea|' +
    'city|german location|former country|airport|building|bridge|park|protected area)|geobox',
);
const ORGANISATION_BOX = new RegExp(
  'infobox (?:company|organi[sz]ation|football club|school|university|political party|military unit|government ' +
    'agency|league|broadcast|airline|union)',
);
const WORK_BOX = new RegExp(
  'infobox (?:film|book|album|single|song|television|video game|vg|play|musical(?! artist)|comics|painting|' +
    'artwork|animanga|newspaper|magazine|software|opera)',
);
const EVENT_BOX = /infobox (?:military conflict|event|spaceflight|election|war|civil conflict|historical event|olympic|festival)/;

/**
 * Kind of an article's subject from its infobox, English categories or first sentence; undefined for concepts and everything unrecognised.
 * `Infobox musical artist` serves bands and people, so only birth and death categories decide there.
 */
export function pageKind(wikitext: string): EntityKind | undefined {
  const categories = [...wikitext.matchAll(/\[\[Category:([^\]|]+)/gi)].map((match) => match[1]!.toLowerCase()).join(' ; ');
  const boxes = [...wikitext.matchAll(/\{\{\s*(infobox[^|\n}]*|(?:automatic )?taxobox|speciesbox|geobox[^|\n}]*)/gi)]
    .map((match) => match[1]!.trim().toLowerCase().replaceAll('_', ' '))
    .join(' ; ');
  if (/\b(?:births|living people|deaths)\b/.test(categories) || PERSON_BOX.test(boxes)) return 'person';
  if (PLACE_BOX.test(boxes)) return 'place';
  if (ORGANISATION_BOX.test(boxes)) return 'organisation';
  if (WORK_BOX.test(boxes)) return 'work';
  if (EVENT_BOX.test(boxes)) return 'event';
  if (/taxobox|speciesbox/.test(boxes)) return 'taxon';
  if (
    /\b(?:countries|states|cities|towns|villages|islands|oceans|rivers|lakes|mountains|provinces|capitals|populated places|landforms) (?:in|of|on)\b/.test(
      categories,
    )
  )
    return 'place';
  if (/\b(?:companies|organi[sz]ations|football clubs|universities|political parties|musical groups)\b/.test(categories))
    return 'organisation';
  if (/\b(?:films|novels|songs|albums|television series|operas|paintings)\b/.test(categories)) return 'work';
  if (/\b(?:conflicts in|wars of|wars involving|battles of|spaceflights|elections in)\b/.test(categories)) return 'event';
  return definitionKind(wikitext);
}
