import type { EntityKind } from './entity.ts';

const BEFORE_PERSON = new RegExp(
  '\\b(?:Mr|Mrs|Ms|Dr|Prof|Sir|Lady|Lord|Madame|Fr|Rev|Judge|Justice|Coach|Engineer|President|King|Queen|Pope|Saint|Emperor|Empress|' +
    'Prince|Princess|Count|Baron|Duke|(?:Brigadier |Major |Lieutenant )?General|Colonel|Captain|Major|Lieutenant|Sergeant|Admiral|Senator|' +
    'Governor|Mayor|Professor|Minister|Secretary|Chancellor|Ambassador|Bishop|Archbishop|Cardinal|Rabbi|Imam|philosopher|writer|author|' +
    'actor|actress|singer|guitarist|drummer|bassist|pianist|violinist|director|producer|poet|composer|scientist|economist|historian|' +
    'physicist|chemist|mathematician|biologist|psychologist|anthropologist|theologian|critic|novelist|playwright|journalist|painter|' +
    'sculptor|architect|engineer|inventor|explorer|astronaut|politician|lawyer|astronomer|anarchist|artist|musician|songwriter|rapper|' +
    'player|coach|quarterback|pitcher|striker|goalkeeper|brother|sister|son|daughter|wife|husband|father|mother|uncle|aunt|nephew|cousin|' +
    'friend|colleague|named|née|nee),?\\.? $',
);
const AFTER_PERSON = new RegExp(
  '^(?: \\((?:born|b\\.|c\\. |d\\.|died|\\d{1,2} \\p{Lu}|\\p{Lu}\\p{L}+ \\d{1,2}, \\d{4}|\\d{3,4}\\s?[–-])| was born|, (?:who|born|the (?:son|daughter|' +
    "brother|sister|wife|husband|widow) of)\\b|,? (?:Jr|Sr)\\.|['’]s? (?:wife|husband|son|daughter|father|mother|brother|sister|family|" +
    'life|death|birth|childhood|career|novel|poems?|essay|biography|marriage|character|performance|voice)\\b| (?:said|says|wrote|writes|' +
    'argued|argues|died|married|believed|claimed|claims|stated|thought|felt|told|asked|replied|studied|graduated|painted|starred|sang|' +
    'recalled|explained|suggested|commented|himself|herself|plays|portrayed|loved|knew)\\b)',
  'u',
);
const BEFORE_PLACE = new RegExp(
  '(?:(?:\\p{Ll}|,) (?:in|near|outside|throughout|in the (?:city|town|village|state|province) of)|\\b(?:city|town|village|villages|towns|' +
    'cities|municipality|province|capital|county|district|region|island|islands|port|suburb|parish|river|mountains|kingdom|republic|port|' +
    'neighborhood|neighbourhood|coast|borders?|university|king|queen|north|south|east|west|people|citizens) of|\\b(?:born|died|lived|' +
    'lives|raised|based|located|situated|settled|arrived|educated|buried|headquartered) (?:in|at)|\\b(?:moved|returned|travelled|traveled|' +
    'emigrated|immigrated|came|went|exiled) to|\\b(?:northern|southern|eastern|western|central|the city|the town|the village)) $',
  'u',
);
const AFTER_PLACE = new RegExp(
  '^(?: (?:river|valley|region|province|county|district|peninsula|island|islands|coast|border|area|airport|parish|municipality|' +
    'metropolitan|suburb|mountains|basin|desert|plateau)\\b|, (?:Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Florida|' +
    'Georgia|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Nebraska|' +
    'Nevada|New|North|Ohio|Oklahoma|Ontario|Oregon|Pennsylvania|Quebec|South|Tennessee|Texas|Utah|Virginia|Washington|West|Wisconsin|' +
    'England|Scotland|Wales|Ireland|France|Germany|Italy|Spain|Russia|India|China|Japan|Canada|Australia)\\b)',
  'u',
);
const BEFORE_ORGANISATION =
  /\b(?:band|group|company|label|firm|team|club|party|airline|network|newspaper|magazine|publisher|manufacturer|subsidiary|chain|brand|agency|organi[sz]ation|joined|founded|acquired|bought|purchased)(?: the)? $/;
const AFTER_ORGANISATION =
  /^(?:['’]s (?:headquarters|subsidiary|board|shareholders|products|members|fans|debut album|albums?|singles?)| (?:records|released|announced|acquired|purchased|players?|shares|officials|executives|teams?|fans)\b| (?:Inc|Ltd|plc|GmbH|AG|S\.A|N\.V)\b)/;

/** Kind of a name by the words beside it: English phrases that hardly go with another kind; undefined when none is there. */
export function cueKind(before: string, after: string): EntityKind | undefined {
  if (isQuoted(before, after)) return 'work';
  if (BEFORE_PERSON.test(before) || AFTER_PERSON.test(after)) return 'person';
  if (BEFORE_PLACE.test(before) || AFTER_PLACE.test(after)) return 'place';
  if (BEFORE_ORGANISATION.test(before) || AFTER_ORGANISATION.test(after)) return 'organisation';
  return undefined;
}

/** A title in quotation marks. */
function isQuoted(before: string, after: string): boolean {
  return /["“]$/.test(before) && /^,?["”]/.test(after);
}
