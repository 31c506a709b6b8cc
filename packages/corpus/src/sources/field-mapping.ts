import { normalizeText } from '../wikitext/normalize.ts';
import { plainParagraphs } from './source-record.ts';
import type { SourceArticle } from './source-record.ts';

/** Which fields of a record hold what; a field that is not named is looked for under its usual names. */
export interface FieldMapping {
  /** Default `id`, `_id`, `docid` or `pageid`. */
  readonly id?: string;
  /** Default `title`; without one, the first line of `contents` (as in wiki-18 and FlashRAG corpora). */
  readonly title?: string;
  /** Default `text`, `contents`, `content` or `passage`. */
  readonly text?: string;
  /** Default `revision`, `revid` or `revision_id`. */
  readonly revision?: string;
  /** Default `licence` or `license`. */
  readonly licence?: string;
}

const USUAL: Readonly<Record<keyof FieldMapping, readonly string[]>> = {
  id: ['id', '_id', 'docid', 'pageid'],
  title: ['title'],
  text: ['text', 'contents', 'content', 'passage'],
  revision: ['revision', 'revid', 'revision_id'],
  licence: ['licence', 'license'],
};

/** A record of any dataset as an article; `number` is its id where it has none: its place in the source, from 1. Throws an `Error` that says what is missing. */
export function mapFields(record: unknown, number: number, mapping: FieldMapping = {}): SourceArticle {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) throw new Error('the record is not an object');
  const fields = record as Readonly<Record<string, unknown>>;
  const [textName, text] = field(fields, 'text', mapping);
  if (typeof text !== 'string') {
    const names = Object.keys(fields).slice(0, 12).join(', ');
    throw new Error(`no text in ${textName ?? USUAL.text.join(', ')}: the record has ${names === '' ? 'no fields' : names}`);
  }
  const given = field(fields, 'title', mapping)[1];
  const first = text.indexOf('\n');
  // "Title"\ntext, the form of Search-R1's wiki-18 and of FlashRAG.
  const titled = typeof given !== 'string' && textName === 'contents' && first > 0;
  const title =
    typeof given === 'string'
      ? given
      : titled
        ? text
            .slice(0, first)
            .trim()
            .replace(/^"(.*)"$/s, '$1')
        : '';
  const body = normalizeText(titled ? text.slice(first + 1) : text);
  if (body.trim() === '') throw new Error('the text is empty');
  const id = wholeNumber(field(fields, 'id', mapping)[1]);
  const sourceId = field(fields, 'id', mapping)[1];
  const licence = field(fields, 'licence', mapping)[1];
  return {
    title: normalizeText(title).replace(/\s+/g, ' ').trim(),
    pageId: id ?? number,
    revisionId: wholeNumber(field(fields, 'revision', mapping)[1]) ?? 0,
    ...(id === undefined && typeof sourceId === 'string' ? { sourceId } : {}),
    ...(typeof licence === 'string' ? { licence } : {}),
    content: { paragraphs: plainParagraphs(body) },
  };
}

function field(record: Readonly<Record<string, unknown>>, name: keyof FieldMapping, mapping: FieldMapping): [string | undefined, unknown] {
  const wanted = mapping[name];
  if (wanted !== undefined) return [wanted, record[wanted]];
  const found = USUAL[name].find((usual) => record[usual] !== undefined && record[usual] !== null);
  return [found, found === undefined ? undefined : record[found]];
}

function wholeNumber(value: unknown): number | undefined {
  if (typeof value === 'bigint') return value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
