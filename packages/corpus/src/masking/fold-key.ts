/**
 * A text in which spellings of the same word look alike: accents dropped, all dashes "-", all apostrophes "'", all quotes '"'.
 * Case stays. The result has the same length as the input (a character that has no folded form of one unit stays), so offsets agree.
 */
export function foldKey(text: string): string {
  return text.replace(/[^\x00-\x7f]/g, foldUnit);
}

function foldUnit(unit: string): string {
  if (/[\u2010-\u2015\u2212]/.test(unit)) return '-';
  if (/[\u2018\u2019\u02bc\u2032]/.test(unit)) return "'";
  if (/[\u201c\u201d\u201e\u2033]/.test(unit)) return '"';
  const folded = unit.normalize('NFKD').replace(/\p{M}/gu, '');
  return folded.length === 1 ? folded : unit;
}
