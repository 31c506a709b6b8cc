import { normalizeText } from './normalize.ts';

const PAIRS =
  'amp & lt < gt > quot " apos \' ndash – mdash — minus − times × divide ÷ deg ° hellip … middot · prime ′ Prime ″ ' +
  'frac12 ½ frac14 ¼ frac34 ¾ ' +
  'plusmn ± lsquo ‘ rsquo ’ ldquo “ rdquo ” sbquo ‚ bdquo „ laquo « raquo » bull • euro € pound £ cent ¢ yen ¥ sect § ' +
  'para ¶ copy © reg ® trade ™ ' +
  'sup1 ¹ sup2 ² sup3 ³ dagger † Dagger ‡ permil ‰ micro µ alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ ' +
  'iota ι kappa κ lambda λ mu μ nu ν ' +
  'xi ξ pi π rho ρ sigma σ tau τ phi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Pi Π Sigma Σ Phi Φ Psi Ψ ' +
  'Omega Ω larr ← rarr → uarr ↑ darr ↓ harr ↔ ' +
  'le ≤ ge ≥ ne ≠ asymp ≈ equiv ≡ infin ∞ radic √ sum ∑ prod ∏ int ∫ part ∂ isin ∈ cap ∩ cup ∪ sub ⊂ sup ⊃ and ∧ or ∨ ' +
  'not ¬ forall ∀ exist ∃ empty ∅ ' +
  'Agrave À Aacute Á Acirc Â Atilde Ã Auml Ä Aring Å AElig Æ Ccedil Ç Egrave È Eacute É Ecirc Ê Euml Ë Igrave Ì Iacute Í ' +
  'Icirc Î Iuml Ï ETH Ð Ntilde Ñ ' +
  'Ograve Ò Oacute Ó Ocirc Ô Otilde Õ Ouml Ö Oslash Ø Ugrave Ù Uacute Ú Ucirc Û Uuml Ü Yacute Ý THORN Þ szlig ß agrave à ' +
  'aacute á acirc â atilde ã auml ä aring å ' +
  'aelig æ ccedil ç egrave è eacute é ecirc ê euml ë igrave ì iacute í icirc î iuml ï eth ð ntilde ñ ograve ò oacute ó ' +
  'ocirc ô otilde õ ouml ö oslash ø ' +
  'ugrave ù uacute ú ucirc û uuml ü yacute ý thorn þ yuml ÿ OElig Œ oelig œ Scaron Š scaron š';

const NAMES = new Map([
  ...[...PAIRS.matchAll(/(\S+) (\S+)/g)].map((pair): [string, string] => [pair[1]!, pair[2]!]),
  ...['nbsp', 'ensp', 'emsp', 'thinsp'].map((name): [string, string] => [name, ' ']),
  ...['shy', 'zwj', 'zwnj', 'lrm', 'rlm'].map((name): [string, string] => [name, '']),
]);

const REFERENCE = /&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,9});/y;

/** The character reference at `at` (an ampersand): its text and where it ends; undefined when there is none. */
export function characterReference(source: string, at: number): { readonly text: string; readonly end: number } | undefined {
  REFERENCE.lastIndex = at;
  const body = REFERENCE.exec(source)?.[1];
  if (body === undefined) return undefined;
  const end = at + body.length + 2;
  if (body[0] !== '#') {
    const text = NAMES.get(body);
    return text === undefined ? undefined : { text, end };
  }
  const code = /^#x/i.test(body) ? parseInt(body.slice(2), 16) : Number(body.slice(1));
  const isCharacter = code > 0 && code < 0x110000 && !(code >= 0xd800 && code < 0xe000);
  return { text: isCharacter ? normalizeText(String.fromCodePoint(code)) : '', end };
}
