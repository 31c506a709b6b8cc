/** White space as Rust's and Oniguruma's \s see it: JavaScript's has U+FEFF too and lacks U+0085. */
const SPACES = '\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/** Letters with a third form that Unicode case folding takes for the same: long s and the Kelvin sign. */
const FOLDED: Readonly<Record<string, string>> = { s: 'sSſ', k: 'kKK' };

/**
 * The regular expression of a `Split` pre-tokenizer (Oniguruma) as JavaScript's, or undefined when it holds something that is not
 * known to mean the same: look-behind, named groups, back references, possessive quantifiers, flags other than `(?i:...)`.
 */
export function preTokenPattern(source: string): RegExp | undefined {
  let result = '';
  let inClass = false;
  // Depth of the parenthesis that opened (?i: and of the current one.
  let depth = 0;
  let folding: number | undefined;
  let quantified = false;
  for (let at = 0; at < source.length; at++) {
    const character = source[at]!;
    const wasQuantified = quantified;
    quantified = !inClass && /[+*?}]/.test(character);
    if (character === '\\') {
      const escape = source[++at] ?? '';
      if (escape === 's') result += inClass ? SPACES : `[${SPACES}]`;
      else if (escape === 'S' && !inClass) result += `[^${SPACES}]`;
      else if (escape === 'p' || escape === 'P') {
        const property = /^\{\^?[A-Za-z_]+\}/.exec(source.slice(at + 1))?.[0];
        if (!property || property.startsWith('{^')) return undefined;
        result += `\\${escape}${property}`;
        at += property.length;
      } else if (escape === 'd') result += '\\p{Nd}';
      else if (/[rntf]/.test(escape)) result += `\\${escape}`;
      else if (/[^A-Za-z0-9]/.test(escape)) result += /[\^$\\.*+?()[\]{}|/-]/.test(escape) ? `\\${escape}` : escape;
      else return undefined;
    } else if (inClass) {
      // Classes inside classes and intersections mean more in Oniguruma.
      if (character === '[' || (character === '&' && source[at + 1] === '&')) return undefined;
      if (character === ']') inClass = false;
      result += folding !== undefined && /[a-z]/i.test(character) ? bothCases(character) : character;
    } else if (character === '[') {
      inClass = true;
      result += character;
    } else if (character === '(') {
      depth++;
      if (source.startsWith('(?i:', at) && folding === undefined) {
        folding = depth;
        result += '(?:';
        at += 3;
      } else if (source.startsWith('(?', at) && !/^\(\?[:=!]/.test(source.slice(at, at + 3))) return undefined;
      else result += character;
    } else if (character === ')') {
      if (folding === depth) folding = undefined;
      depth--;
      result += character;
    } else if (character === '+' && wasQuantified) return undefined;
    else result += folding !== undefined && /[a-z]/i.test(character) ? `[${bothCases(character)}]` : character;
  }
  try {
    return new RegExp(result, 'gu');
  } catch {
    return undefined;
  }
}

function bothCases(letter: string): string {
  return FOLDED[letter.toLowerCase()] ?? letter.toLowerCase() + letter.toUpperCase();
}
