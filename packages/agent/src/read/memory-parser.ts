/** Where the memory is in a reply: all of it, what follows a thinking block, or what a function finds. */
export type MemoryParser = 'whole' | 'after-think' | ((text: string) => string);

/** The text after the last closing think tag, trimmed; empty when a thinking block was opened and never closed. */
export function afterThinking(text: string): string {
  const end = text.lastIndexOf('</think>');
  if (end >= 0) return text.slice(end + '</think>'.length).trim();
  const trimmed = text.trim();
  return trimmed.startsWith('<think>') ? '' : trimmed;
}

/** The function that a parser's name stands for. */
export function memoryParser(parser: MemoryParser): (text: string) => string {
  if (typeof parser === 'function') return parser;
  return parser === 'whole' ? (text) => text.trim() : afterThinking;
}
