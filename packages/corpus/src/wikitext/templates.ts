import { convertTemplate } from './convert-template.ts';
import type { TemplateCall } from './template-call.ts';

type Expansion = (call: TemplateCall) => string;

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const first: Expansion = (call) => call.at(1);
const second: Expansion = (call) => call.at(2);
const joined: Expansion = (call) => call.positional.join('');
const prefixed =
  (prefix: string): Expansion =>
  (call) =>
    prefix + call.at(1);
const constant =
  (text: string): Expansion =>
  () =>
    text;
const present = (...parts: readonly string[]): string[] => parts.filter((part) => part !== '');

const asOf: Expansion = (call) => {
  const month = Number(call.at(2));
  const date = present(call.at(3), month >= 1 && month <= 12 ? MONTHS[month - 1]! : call.at(2), call.at(1)).join(' ');
  return `${/^y/i.test(call.named('lc')) ? 'as of' : 'As of'} ${date}`;
};
const fraction: Expansion = (call) => {
  const [a, b, c] = [call.at(1), call.at(2), call.at(3)];
  return c ? `${a} ${b}/${c}` : b ? `${a}/${b}` : `1/${a}`;
};
const value: Expansion = (call) => {
  const error = /^[\d.,]+$/.test(call.at(2)) ? `±${call.at(2)}` : '';
  const exponent = call.named('e') ? `×10^${call.named('e')}` : '';
  const unit = call.named('u') || call.named('ul');
  return `${call.at(1)}${error}${exponent}${unit ? ` ${unit}` : ''}`;
};
const ordinal: Expansion = (call) => {
  const number = call.at(1);
  const suffix = /1[123]$/.test(number) ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' } as Record<string, string>)[number.slice(-1)];
  return number + (suffix ?? 'th');
};
const nihongo: Expansion = (call) => {
  const inner = present(call.at(2), call.at(3)).join(', ');
  return call.at(1) + (inner ? ` (${inner})` : '');
};
const transliteration: Expansion = (call) => call.at(3) || call.at(2);
const quotation: Expansion = (call) => call.named('text') || call.named('quote') || call.at(1);
const reign: Expansion = (call) => `r. ${present(call.at(1), call.at(2)).join('–')}`;

/** name(s) -> what the reader sees. Expansions return wikitext, which is converted in turn. */
const EXPANSION_LIST: readonly (readonly [names: string, expansion: Expansion])[] = [
  ['convert|cvt', convertTemplate],
  ['lang|rtl-lang|script|color|colour', second],
  ['transl|transliteration', transliteration],
  ['linktext|chem|gaps', joined],
  ['as of', asOf],
  ['mdash|em dash|emdash|mdashb|—', constant('—')],
  ['ndash|en dash|endash|–', constant('–')],
  ['snd|spnd|spaced ndash|spaced en dash', constant(' – ')],
  ['nbsp|spaces|space|spaced|thinsp|thin space', constant(' ')],
  ["'s", constant("'s")],
  ["'|`", constant("'")],
  ['!', constant('|')],
  ['=', constant('=')],
  ['-', constant('-')],
  ['$', constant('$')],
  ['·|•|middot|dot|bullet', constant(' · ')],
  ['bce', constant('BCE')],
  ['ce', constant('CE')],
  ['pi', constant('π')],
  ['degree|deg', constant('°')],
  [
    'nowrap|no wrap|nobr|nobreak|sc|sc1|sc2|smallcaps|small caps|chem2|math|mvar|var|sup|sub|formatnum|small|smaller|big|' +
      'em|strong|sic|not a typo|notatypo|railgauge|track gauge|visible anchor|vanchor|abbr|abbrv|tooltip|ill|interlanguage ' +
      'link|flag|flagu|flagcountry|centre|center|keep together|noitalic|' +
      'underline|su|large|midsize|resize',
    first,
  ],
  ['quote|cquote|rquote|blockquote|block quote|bquote|quotation|verse translation', quotation],
  ['nihongo', nihongo],
  ['val', value],
  ['frac|sfrac|fraction', fraction],
  ['currency', (call) => present(call.at(1), call.at(2)).join(' ')],
  ['us$|usd', prefixed('US$')],
  ['a$|aud', prefixed('A$')],
  ['gbp|£|pound', prefixed('£')],
  ['€|eur', prefixed('€')],
  ['inr|indian rupee', prefixed('₹')],
  ['¥|jpy', prefixed('¥')],
  [
    'circa|c.|ca',
    (call) =>
      present(call.at(1), call.at(2))
        .map((date) => `c. ${date}`)
        .join(' – ') || 'c.',
  ],
  ['fl|fl.|floruit', prefixed('fl. ')],
  ['reign|r.', reign],
  ['e', prefixed('×10^')],
  ['angbr|angle bracket', (call) => `⟨${call.at(1)}⟩`],
  ['uss', prefixed('USS ')],
  ['hms', prefixed('HMS ')],
  ['ss', prefixed('SS ')],
  ['hmas', prefixed('HMAS ')],
  ['ship', (call) => present(call.at(1), call.at(2)).join(' ')],
  ['sclass|sclass-', (call) => `${call.at(1)}-class ${call.at(2)}`],
  ['ordinal', ordinal],
  ['oldstyledate|old style date', (call) => present(call.at(1), call.at(2)).join(' ')],
  ['citation needed span|cns', (call) => call.named('text') || call.at(1)],
  ['music', (call) => ({ flat: '♭', sharp: '♯', natural: '♮' } as Record<string, string>)[call.at(1)] ?? call.at(1)],
  ['hlist|ubl|unbulleted list|plainlist|flatlist', (call) => call.positional.join(', ')],
  ['bibleverse', (call) => call.positional.join(' ')],
  ['font color|font colour', (call) => call.positional.at(-1) ?? ''],
];

const EXPANSIONS: ReadonlyMap<string, Expansion> = new Map(
  EXPANSION_LIST.flatMap(([names, expansion]) => names.split('|').map((name): [string, Expansion] => [name, expansion])),
);

/** Templates whose text is not prose: dropped on purpose, so not counted as unknown. */
const DROPPED = new RegExp(
  '^(?:sfnp?|sfnm|wik[a-z]*|navboxes|chart|expand|colbegin|colend|official website|dmoz|oclc|vol|commonscat|' +
    'commons category|stub|efn|refn|rp|r|refs?|notes?|reflist|notelist|cite|citation|harvn?b?|harvtxt|fact|cn|dn|' +
    'who|which|when|where|clarify|dubious|page needed|by whom|according to whom|ipa|ipac|respell|pron|coord|' +
    'flagicon|inflation|inflation-fn|infobox|taxobox|automatic taxobox|speciesbox|chembox|drugbox|geobox|navbox|' +
    'sidebar|main|see also|further|about|for|redirect|other uses|hatnote|distinguish|good article|featured article|' +
    'pp|use|short description|portal|commons|wik|sister|dead link|webarchive|authority control|defaultsort|' +
    'persondata|multiple|image|quote box|listen|audio|in lang|zh|age|death|birth|clear|toc|anchor|refbegin|refend|' +
    'div|col|unreferenced|refimprove|more|verify|citation needed|better source|failed|update|full|original|pov|' +
    'weasel|improve|update after|link|isbn|issn|doi|gallery|wide image|css|double image|panorama|legend|historical ' +
    'populations|us census|graph|climate|weather|bar|s|succession|start|end|break)(?![a-z])',
);

/** What a template call puts into the text; `unknown` when it is neither expanded nor dropped on purpose. */
export function expandTemplate(call: TemplateCall): {
  readonly wikitext: string;
  readonly unknown: boolean;
} {
  const colon = call.rawName.indexOf(':');
  if (colon > 0) {
    const parserFunction = call.rawName.slice(0, colon).trim().toLowerCase();
    if (/^(?:formatnum|lc|uc|ucfirst|lcfirst)$/.test(parserFunction))
      return { wikitext: call.rawName.slice(colon + 1).trim(), unknown: false };
    if (parserFunction.startsWith('#') || parserFunction === 'defaultsort') return { wikitext: '', unknown: false };
  }
  const expansion = EXPANSIONS.get(call.name);
  if (expansion) return { wikitext: expansion(call), unknown: false };
  if (call.name.startsWith('lang-')) return { wikitext: call.at(1), unknown: false };
  if (call.name.startsWith('lang ')) return { wikitext: call.at(2), unknown: false };
  if (/^["' ]+$/.test(call.name)) return { wikitext: call.name.replace(/'{2,}/g, "'"), unknown: false };
  return { wikitext: '', unknown: !DROPPED.test(call.name) };
}
