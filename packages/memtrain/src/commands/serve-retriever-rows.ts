import { createReadStream } from 'node:fs';
import { MemtrainError } from '../errors.ts';

/** A passage as the index stores and serves it. */
export interface PassageRow {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** How far a corpus file is read. */
export interface CorpusPlace {
  readonly byte: number;
  readonly lines: number;
  readonly rows: number;
}

/** Rows of one stretch of a corpus file, and where it ends. */
export interface RowStretch {
  readonly rows: readonly PassageRow[];
  readonly end: CorpusPlace;
}

/**
 * Reads a JSON-lines corpus in stretches of at most `count` rows, from a place on: rows `{id, contents}` (the title in the first line, as in
 * Search-R1's and FlashRAG's corpora) or `{id, title, text}`; without an id the row's number is taken. Blank lines are skipped. Throws
 * `MemtrainError` (`bad-file`) that names the line.
 */
export async function* readRowStretches(path: string, from: CorpusPlace, count: number): AsyncGenerator<RowStretch> {
  let { byte, lines } = from;
  let first = from.rows;
  let rows: PassageRow[] = [];
  const add = (line: Buffer): RowStretch | undefined => {
    byte += line.length;
    lines++;
    const text = line.toString().trim();
    if (text !== '') rows.push(parseRow(text, first + rows.length, `${path}:${lines}`));
    return rows.length === count ? stretch() : undefined;
  };
  const stretch = (): RowStretch => {
    const own = { rows, end: { byte, lines, rows: first + rows.length } };
    first += rows.length;
    rows = [];
    return own;
  };
  let rest: Buffer[] = [];
  for await (const chunk of createReadStream(path, { start: byte, highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(10) + 1; end > 0; end = chunk.indexOf(10, start) + 1) {
      const full = add(rest.length === 0 ? chunk.subarray(start, end) : Buffer.concat([...rest, chunk.subarray(start, end)]));
      rest = [];
      start = end;
      if (full) yield full;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  const full = rest.length > 0 ? add(Buffer.concat(rest)) : undefined;
  if (full) yield full;
  if (rows.length > 0) yield stretch();
}

function parseRow(line: string, number: number, place: string): PassageRow {
  const fail = (what: string): never => {
    throw new MemtrainError('bad-file', `${place}: ${what}; every line is {"id", "contents"} or {"id", "title", "text"}`);
  };
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    fail('not JSON');
  }
  const { id = String(number), contents, title = '', text } = (Object(row) ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' && typeof id !== 'number') fail('its id is neither a text nor a number');
  if (typeof contents === 'string') {
    const end = contents.indexOf('\n');
    if (end < 0) return { id: String(id), title: '', text: contents };
    return { id: String(id), title: contents.slice(0, end).replace(/^"|"$/g, ''), text: contents.slice(end + 1) };
  }
  if (typeof text !== 'string' || typeof title !== 'string') return fail('it has no text');
  return { id: String(id), title, text };
}
