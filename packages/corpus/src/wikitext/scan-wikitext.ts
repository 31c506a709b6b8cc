import { characterReference } from './character-references.ts';
import { closingEnd, closingsOf, findClosingTag, nextIndex, tableEnd } from './closings.ts';
import type { Closings } from './closings.ts';
import type { Link } from './prose.ts';
import { parseTemplateCall } from './template-call.ts';
import { expandTemplate } from './templates.ts';

/** Marks a line of the scanned text as a heading; its level (1 to 6) follows. */
export const HEADING = '\x01';
/** Marks a line of the scanned text as an item of a list. */
export const LIST_ITEM = '\x02';

/** What one pass over wikitext collects. */
export interface Scan {
  readonly parts: string[];
  /** Length of the joined parts. */
  length: number;
  readonly links: Link[];
  readonly unknownTemplates: Map<string, number>;
}

const HEADING_LINE = /^(={1,6})\s*(\S.*?|\s)\1\s*(?:<!--[^\n]*)?$/;
const MAX_DEPTH = 10;
/** Letters that may follow a link and belong to its word. */
const MOST_TRAIL = 20;
const DROPPED_TAGS = new Set(
  (
    'ref math gallery timeline syntaxhighlight source score imagemap code pre templatestyles graph mapframe maplink chem ' +
    'ce hiero section indicator ' +
    'inputbox categorytree rss references'
  ).split(' '),
);
const LINE_TAGS = new Set(['blockquote', 'p', 'div', 'li', 'tr', 'table', 'hr']);
const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)\b([^<>]{0,600}?)(\/?)>/y;
const NOT_PROSE = /^\s*(?:[a-z]{2,3}(?:-[a-z-]+)?|simple|\p{L}[\p{L}\p{M} _]{2,}(?![\p{L}\p{M} _]))\s*:(?! )/iu;
// Links to sister projects stand in the text; those to other languages do not.
const SISTER_PROJECT =
  /^\s*(?:[bcdmnqsvw]|wikt|wiktionary|wikisource|wikiquote|wikibooks|wikinews|wikiversity|wikivoyage|voy|species|wikispecies|commons|meta|mw)\s*:/i;

/** Appends the prose of `source` to the scan: one pass, recursion only into link labels and expanded templates. */
export function scanWikitext(source: string, scan: Scan, depth = 0): void {
  if (depth > MAX_DEPTH) return;
  const n = source.length;
  const closings = closingsOf(source);
  let i = 0;
  let atLineStart = depth === 0;
  while (i < n) {
    if (atLineStart) {
      atLineStart = false;
      const next = readLineStart(closings, i, scan, depth);
      if (next > i) {
        i = next;
        continue;
      }
    }
    switch (source.charCodeAt(i)) {
      case 10:
        push(scan, '\n');
        i++;
        atLineStart = true;
        break;
      case 123: // {
        i = readTemplate(closings, i, scan, depth);
        break;
      case 91: // [
        i = source.charCodeAt(i + 1) === 91 ? readLink(closings, i, scan, depth) : readExternalLink(closings, i, scan, depth);
        break;
      case 60: // <
        i = readTag(closings, i, scan);
        break;
      case 39: // '
        i = readQuotes(source, i, scan);
        break;
      case 38: {
        const reference = characterReference(source, i);
        push(scan, reference ? reference.text : '&');
        i = reference ? reference.end : i + 1;
        break;
      }
      case 95: {
        const magicWord = /^__[\p{Lu}]+__/u.exec(source.slice(i, i + 40));
        if (!magicWord) push(scan, '_');
        i += magicWord ? magicWord[0].length : 1;
        break;
      }
      default: {
        const end = plainEnd(source, i + 1);
        push(scan, source.slice(i, end));
        i = end;
      }
    }
  }
}

function push(scan: Scan, text: string): void {
  if (text === '') return;
  scan.parts.push(text);
  scan.length += text.length;
}

function plainEnd(source: string, from: number): number {
  let end = from;
  while (end < source.length) {
    const c = source.charCodeAt(end);
    if (c === 10 || c === 123 || c === 91 || c === 60 || c === 39 || c === 38 || c === 95) break;
    end++;
  }
  return end;
}

/** Headings, list marks, tables, rules and indentation; returns `at` when the line starts with plain text. */
function readLineStart(closings: Closings, at: number, scan: Scan, depth: number): number {
  const { source } = closings;
  const c = source[at]!;
  if (c === '=') {
    const newline = source.indexOf('\n', at);
    const end = newline < 0 ? source.length : newline;
    const heading = HEADING_LINE.exec(source.slice(at, end));
    if (!heading) return at;
    push(scan, HEADING + heading[1]!.length);
    scanWikitext(heading[2]!.trimEnd(), scan, depth + 1);
    return end;
  }
  let i = at;
  while (i < source.length && '*#:;'.includes(source[i]!)) i++;
  const isListItem = i > at;
  while (source[i] === ' ' || source[i] === '\t') i++;
  if (source.startsWith('{|', i)) return tableEnd(closings, i);
  if (isListItem) {
    push(scan, LIST_ITEM);
    return i;
  }
  if (source.startsWith('----', i)) while (source[i] === '-') i++;
  return i;
}

function readTemplate(closings: Closings, at: number, scan: Scan, depth: number): number {
  const { source } = closings;
  if (source.charCodeAt(at + 1) !== 123) {
    push(scan, '{');
    return at + 1;
  }
  if (source.charCodeAt(at + 2) === 123 && source.charCodeAt(at + 3) !== 123) {
    // A template's parameter: {{{name|default}}} is not prose.
    const end = nextIndex(closings, '}}}', at);
    if (end > 0) return end + 3;
  }
  const end = closingEnd(closings, at, '{{');
  if (end < 0) return at + 2;
  const call = parseTemplateCall(source.slice(at + 2, end - 2));
  const { wikitext, unknown } = expandTemplate(call);
  if (unknown) scan.unknownTemplates.set(call.name, (scan.unknownTemplates.get(call.name) ?? 0) + 1);
  if (wikitext !== '') scanWikitext(wikitext, scan, depth + 1);
  return end;
}

function readLink(closings: Closings, at: number, scan: Scan, depth: number): number {
  const { source } = closings;
  const end = closingEnd(closings, at, '[[');
  if (end < 0) return at + 2;
  const inner = source.slice(at + 2, end - 2);
  const bar = inner.indexOf('|');
  const escaped = inner.startsWith(':');
  const target = (bar < 0 ? inner : inner.slice(0, bar)).slice(escaped ? 1 : 0);
  // Files, categories and other languages: shown elsewhere on the page, or not at all.
  if (!escaped && target.includes(':') && NOT_PROSE.test(target) && !SISTER_PROJECT.test(target)) return end;
  let label = bar < 0 ? target : inner.slice(bar + 1);
  if (bar >= 0 && label === '') label = withoutHint(target).replace(/^[^:]*:/, '');
  const start = scan.length;
  scanWikitext(label, scan, depth + 1);
  if (scan.length > start) scan.links.push({ start, end: scan.length, target: target.trim() });
  let trailEnd = end;
  while (trailEnd < end + MOST_TRAIL && isLowerCase(source.charCodeAt(trailEnd))) trailEnd++;
  push(scan, source.slice(end, trailEnd));
  return trailEnd;
}

/** "Mercury (planet)" -> "Mercury". */
function withoutHint(title: string): string {
  const open = title.endsWith(')') ? title.indexOf('(', title.lastIndexOf(')', title.length - 2) + 1) : -1;
  return open < 0 ? title : title.slice(0, open).trimEnd();
}

function isLowerCase(unit: number): boolean {
  return unit >= 97 && unit <= 122;
}

function readExternalLink(closings: Closings, at: number, scan: Scan, depth: number): number {
  const { source } = closings;
  if (!/^(?:https?:|ftp:|mailto:|\/\/)/.test(source.slice(at + 1, at + 8))) {
    push(scan, '[');
    return at + 1;
  }
  const end = nextIndex(closings, ']', at);
  const newline = nextIndex(closings, '\n', at);
  if (end < 0 || (newline >= 0 && newline < end)) return at + 1;
  const space = source.slice(at, end).search(/\s/);
  if (space > 0) scanWikitext(source.slice(at + space + 1, end), scan, depth + 1);
  return end + 1;
}

function readTag(closings: Closings, at: number, scan: Scan): number {
  const { source } = closings;
  if (source.startsWith('<!--', at)) {
    const end = source.indexOf('-->', at);
    if (end < 0) return source.length;
    // A comment alone on its line leaves no line behind.
    return end + 3;
  }
  TAG.lastIndex = at;
  const match = TAG.exec(source);
  if (!match) {
    push(scan, '<');
    return at + 1;
  }
  const tag = match[2]!.toLowerCase();
  const after = at + match[0].length;
  const isClosing = match[1] !== '';
  const isEmpty = match[4] !== '';
  if (!isClosing && !isEmpty && (DROPPED_TAGS.has(tag) || tag === 'nowiki')) {
    const close = findClosingTag(closings, after, tag);
    if (!close) return after;
    if (tag === 'nowiki') push(scan, source.slice(after, close.start));
    return close.end;
  }
  if (tag === 'br') push(scan, ' ');
  else if (LINE_TAGS.has(tag)) push(scan, '\n');
  else if (tag === 'td' || tag === 'th') push(scan, ' ');
  else if (tag === 'sup' && !isClosing && /\d/.test(scan.parts.at(-1)?.at(-1) ?? '')) push(scan, '^');
  return after;
}

function readQuotes(source: string, at: number, scan: Scan): number {
  let end = at;
  while (source.charCodeAt(end) === 39) end++;
  // Two to five quotes are bold and italics; a fourth is a quote that stands before bold text.
  if (end - at === 1 || end - at === 4) push(scan, "'");
  return end;
}
