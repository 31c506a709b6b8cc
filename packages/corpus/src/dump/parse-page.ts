import { isUtf8 } from 'node:buffer';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { decodeText } from './decode-text.ts';
import { readFrame } from './read-frame.ts';
import type { PageFrame } from './read-frame.ts';

/** A page of a wiki as its dump has it. */
export interface Page {
  readonly title: string;
  readonly pageId: number;
  readonly revisionId: number;
  /** 0 is the namespace of articles. */
  readonly namespace: number;
  /** Title the page redirects to. */
  readonly redirect?: string;
  readonly wikitext: string;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  // The title "1984" is text, not a number; wikitext's white space has meaning.
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  htmlEntities: true,
});

/** Reads one `<page>` block. Throws an `Error` that says what is wrong with it. Of several revisions the last counts. */
export function parsePage(block: Uint8Array): Page {
  if (!isUtf8(block)) throw new Error('the page is not valid UTF-8');
  const { frame, text } = takeText(Buffer.from(block.buffer, block.byteOffset, block.byteLength));
  const usual = text === undefined ? undefined : readFrame(frame);
  const { wikitext, ...page } = usual ? { ...usual, wikitext: text } : parseXml(frame, text);
  const title = page.title.trim();
  if (!title) throw new Error('the page has no <title>');
  if (wikitext === undefined) throw new Error('the revision has no <text>');
  const redirect = page.redirect ?? redirectOf(wikitext);
  return {
    title,
    pageId: integerOf(page.pageId, '<id> of the page'),
    revisionId: integerOf(page.revisionId, '<id> of the revision'),
    namespace: integerOf(page.namespace, '<ns>'),
    ...(redirect === undefined ? {} : { redirect }),
    wikitext,
  };
}

function parseXml(xml: string, text: string | undefined): PageFrame & { readonly wikitext: string | undefined } {
  // Entities are declared there; a dump has none, and expanding them could fill the memory.
  if (/<!(?:DOCTYPE|ENTITY)/i.test(xml)) throw new Error('a document type declaration stands inside the page');
  const validity = XMLValidator.validate(xml);
  if (validity !== true) throw new Error(`malformed XML: ${validity.err.msg} (line ${validity.err.line} of the page)`);
  const page = (parser.parse(xml) as { page?: Node }).page;
  if (!isNode(page)) throw new Error('no <page> element');
  const revisions = page['revision'];
  const revision: unknown = Array.isArray(revisions) ? (revisions as unknown[]).at(-1) : revisions;
  if (!isNode(revision)) throw new Error('the page has no <revision>');
  const redirect = isNode(page['redirect']) ? page['redirect']['@title'] : undefined;
  return {
    title: textOf(page['title']) ?? '',
    namespace: textOf(page['ns'] ?? '0') ?? '',
    pageId: textOf(page['id']) ?? '',
    revisionId: textOf(revision['id']) ?? '',
    redirect: typeof redirect === 'string' ? redirect : undefined,
    wikitext: text ?? textOf(revision['text']),
  };
}

/**
 * Takes the text of the only revision out of the block and decodes it: nearly all of a page is this one string, and the parser is a
 * tenth as fast. Anything unusual (several revisions, markup or other references in the text) is left to the parser.
 */
function takeText(xml: Buffer): { readonly frame: string; readonly text?: string } {
  const tag = xml.indexOf('<text');
  const start = tag < 0 ? -1 : xml.indexOf(62, tag) + 1;
  const end = start <= 0 || xml[start - 2] === 47 ? -1 : xml.indexOf(60, start);
  const isUsual = end >= 0 && xml.toString('latin1', end, end + 7) === '</text>' && !xml.includes('<text', end);
  const text = isUsual ? decodeText(xml.subarray(start, end)) : undefined;
  return text === undefined ? { frame: xml.toString() } : { frame: xml.toString('utf8', 0, start) + xml.toString('utf8', end), text };
}

type Node = Record<string, unknown>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!isNode(value)) return undefined;
  const text = value['#text'];
  return typeof text === 'string' ? text : '';
}

function integerOf(value: string, what: string): number {
  const text = value.trim();
  if (!/^-?\d+$/.test(text)) throw new Error(`${what} is not an integer: "${text.slice(0, 40)}"`);
  return Number(text);
}

function redirectOf(wikitext: string): string | undefined {
  return /^\s*#redirect\s*:?\s*\[\[([^\]|#]+)/i.exec(wikitext)?.[1]?.trim();
}
