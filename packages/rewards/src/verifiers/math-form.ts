/** Texts that are replaced everywhere, in this order. */
const replacements: readonly (readonly [string, string])[] = [
  ['\n', ''],
  ['\\!', ''],
  ['\\\\', '\\'],
  ['tfrac', 'frac'],
  ['dfrac', 'frac'],
  ['\\left', ''],
  ['\\right', ''],
  ['^{\\circ}', ''],
  ['^\\circ', ''],
  ['\\$', ''],
];

/**
 * The form in which answers to the MATH data set are compared (D. Hendrycks and others, 2021), and which MemAgent's verifier took over.
 * Undefined for an answer that the rules cannot read: a root or fraction of nothing, two units.
 */
export function mathForm(answer: string): string | undefined {
  let text = answer;
  for (const [from, to] of replacements) text = text.replaceAll(from, to);
  const [value, ...units] = text.split('\\text{ ');
  if (units.length > 1) return undefined;
  text = value!.replaceAll('\\\\%', '').replaceAll('\\%', '').replaceAll(' .', ' 0.').replaceAll('{.', '{0.');
  if (text === '') return '';
  if (text.startsWith('.')) text = `0${text}`;
  const sides = text.split('=');
  // "k = 5" is 5.
  if (sides.length === 2 && [...sides[0]!].length <= 2) text = sides[1]!;
  if (/\\sqrt$|\\sqrt(?=\\sqrt)/.test(text)) return undefined;
  text = text.replace(/\\sqrt([^{])/gu, '\\sqrt{$1}').replaceAll(' ', '');
  const fractions = bracedFractions(text);
  if (fractions === undefined) return undefined;
  if (fractions === '0.5') return '\\frac{1}{2}';
  const ratio = /^(0|-?[1-9]\d*)\/(0|-?[1-9]\d*)$/.exec(fractions);
  return ratio ? `\\frac{${ratio[1]}}{${ratio[2]}}` : fractions;
}

/** `\frac12` as `\frac{1}{2}`; the text as it was where a numerator stands alone, undefined where nothing does. */
function bracedFractions(text: string): string | undefined {
  const [first, ...rest] = text.split('\\frac');
  let braced = first!;
  for (const part of rest) {
    if (part === '') return undefined;
    const [numerator, denominator, ...more] = part;
    if (numerator === '{') braced += `\\frac${part}`;
    else if (denominator === undefined) return text;
    else braced += `\\frac{${numerator}}${denominator === '{' ? denominator : `{${denominator}}`}${more.join('')}`;
  }
  return braced;
}
