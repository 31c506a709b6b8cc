/** How far a window's end may move to the left to lie at white space. */
const reach = 4096;

/** Where a window of about `wanted` characters ends: at white space if some is near, so that no word is cut; never in a surrogate pair. */
export function windowEnd(text: string, wanted: number): number {
  for (let end = wanted; end > Math.max(1, wanted - reach); end--) {
    if (/\s/.test(text[end]!)) return end;
  }
  const last = text.charCodeAt(wanted - 1);
  return last >= 0xd800 && last <= 0xdbff ? wanted - 1 : wanted;
}

/** The text in windows that follow from the text alone, however it comes in. */
export async function* textWindows(pieces: AsyncIterable<string>, characters: number): AsyncGenerator<string> {
  let text = '';
  for await (const piece of pieces) {
    text += piece;
    while (text.length > characters) {
      const end = windowEnd(text, characters);
      yield text.slice(0, end);
      text = text.slice(end);
    }
  }
  if (text !== '') yield text;
}
