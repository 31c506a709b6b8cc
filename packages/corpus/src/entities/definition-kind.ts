import type { EntityKind } from './entity.ts';

const NOUNS: readonly (readonly [EntityKind, RegExp])[] = [
  [
    'person',
    new RegExp(
      '\\b(?:actor|actress|anarchist|architect|artist|astronaut|author|biologist|cartoonist|chemist|composer|critic|director|economist|emperor|' +
        'engineer|explorer|footballer|general|guitarist|historian|inventor|journalist|king|lawyer|mathematician|musician|novelist|officer|' +
        'painter|philosopher|photographer|physicist|pianist|player|playwright|poet|politician|president|priest|producer|professor|queen|' +
        'rapper|revolutionary|saint|scientist|sculptor|singer|songwriter|statesman|theologian|writer)$',
    ),
  ],
  [
    'place',
    new RegExp(
      '\\b(?:archipelago|bay|capital|city|commune|continent|country|county|desert|district|island|lake|mountain|municipality|nation|ocean|' +
        'peninsula|province|region|republic|river|sea|settlement|suburb|territory|town|township|valley|village|volcano)$',
    ),
  ],
  [
    'organisation',
    new RegExp(
      '\\b(?:agency|airline|army|association|band|bank|broadcaster|church|club|college|company|conglomerate|corporation|federation|institute|' +
        'label|league|manufacturer|museum|network|organi[sz]ation|party|publisher|school|society|team|union|university)$',
    ),
  ],
  [
    'work',
    /\b(?:album|anthem|book|comic|drama|epic|essay|film|magazine|musical|newspaper|novel|opera|painting|play|poem|single|sitcom|song|story|symphony)$/,
  ],
  ['event', /\b(?:battle|campaign|championship|conflict|election|festival|massacre|mission|rebellion|revolution|tournament|treaty|war)$/],
  ['group', /\b(?:people|peoples|ethnic group|tribe)$/],
  ['taxon', /\b(?:animal|bird|fish|fungus|genus|mammal|species|subspecies)$/],
];

/** Words that end the noun phrase. */
const BEHIND = / (?:of|in|that|which|who|for|from|on|by|with|located|situated|and|at|to|between|based|directed|written|spoken|used) /;

/** Kind of an article's subject by its first sentence: "'''Aruba''' is an [[island]] in the Caribbean" is a place. English only. */
export function definitionKind(wikitext: string): EntityKind | undefined {
  const bold = wikitext.search(/^[^\n]{0,60}'''/m);
  if (bold < 0) return undefined;
  const lead = wikitext
    .slice(bold, bold + 1500)
    .replace(/<ref[^>]*\/>|<ref.*?<\/ref>/gs, '')
    .replace(/\{\{[^{}]*\}\}/g, '')
    .replace(/\[\[(?:[^\]|]*\|)?([^\]]*)\]\]/g, '$1')
    .replace(/\([^()]*\)/g, '');
  const defined = /\b(?:is|was) (?:an?|the|one of the) ([^.,;\n]{3,120})/.exec(lead)?.[1];
  const noun = defined === undefined ? '' : `${defined} `.split(BEHIND, 1)[0]!.trim();
  const kind = NOUNS.find(([, pattern]) => pattern.test(noun))?.[0];
  // "An astronomer is a scientist": people have names of two words.
  const isNamed = /'''\p{Lu}[^'\s]* (?:[^']* )?\p{Lu}[^']*'''/u.test(wikitext.slice(bold, bold + 200));
  return kind === 'person' && !isNamed ? undefined : kind;
}
