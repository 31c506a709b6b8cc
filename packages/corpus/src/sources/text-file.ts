import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { normalizeText } from '../wikitext/normalize.ts';
import { plainParagraphs } from './source-record.ts';
import type { SourceArticle } from './source-record.ts';

const MAX_BYTES = 1 << 25;

/** Reads a .txt, .md or .html file as an article. Throws an `Error` that says what is wrong with it. */
export async function readTextFile(folder: string, name: string, number: number): Promise<SourceArticle> {
  const path = join(folder, name);
  const { size } = await stat(path);
  if (size > MAX_BYTES) throw new Error(`the file is larger than ${MAX_BYTES >> 20} MiB`);
  const bytes = await readFile(path);
  if (!isUtf8(bytes)) throw new Error('the file is not valid UTF-8');
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  const extension = extname(name).toLowerCase();
  const named = basename(name, extname(name)).replace(/[_-]+/g, ' ');
  const { title, body } = extension.startsWith('.htm')
    ? await fromHtml(text)
    : extension === '.txt'
      ? { title: '', body: text }
      : fromMarkdown(text);
  const normal = normalizeText(body);
  if (normal.trim() === '') throw new Error('the file holds no text');
  return {
    title: normalizeText(title).replace(/\s+/g, ' ').trim() || named,
    pageId: number,
    revisionId: 0,
    sourceId: name,
    content: { paragraphs: plainParagraphs(normal) },
  };
}

async function fromHtml(html: string): Promise<{ title: string; body: string }> {
  // Loaded where it is needed: the other sources do not wait for it.
  const { convert } = await import('html-to-text');
  const title = /<title[^<>]*>([^<]*)<\/title>/i.exec(html)?.[1] ?? '';
  const body = convert(html, {
    wordwrap: false,
    limits: { maxInputLength: MAX_BYTES },
    selectors: [
      { selector: 'a', options: { ignoreHref: true } },
      ...['img', 'nav', 'script', 'style', 'table', 'form', 'head'].map((selector) => ({ selector, format: 'skip' })),
      ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
    ],
  });
  return { title: convert(title, { wordwrap: false }), body };
}

/** Prose of a Markdown file: code, tables, images and marks go, the text of links stays. */
function fromMarkdown(markdown: string): { title: string; body: string } {
  const code = markdown.replace(/^---\r?\n.*?\n---\r?\n/s, '').replace(/^(```|~~~).*?^\1[^\n]*$/gms, '');
  // Behind the last end of a comment nothing is looked for: else each start of one would be searched to the end of the file.
  const commented = code.lastIndexOf('-->') + 3;
  const text = code.slice(0, commented).replace(/<!--.*?-->/gs, '') + code.slice(commented);
  const title = /^#\s+(.+?)\s*#*$/m.exec(text)?.[1] ?? '';
  const paragraphs: string[] = [];
  let open = '';
  const close = (): void => {
    // As a whole: links and emphasis may go over an end of line.
    if (open !== '') paragraphs.push(inline(open));
    open = '';
  };
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*$/.test(line) || /^\s*(?:#{1,6}\s|\||[-*_]{3,}\s*$)/.test(line)) close();
    else if (/^\s*(?:[-*+]|\d+[.)])\s/.test(line)) {
      close();
      open = line.replace(/^\s*(?:[-*+]|\d+[.)])\s+/, '').trim();
    } else open += (open === '' ? '' : ' ') + line.replace(/^\s*>+\s?/, '').trim();
  }
  close();
  return { title: inline(title), body: paragraphs.join('\n') };
}

/** Lengths are bounded: a mark without its end would be searched to the end of the line, again for each of many. */
function inline(text: string): string {
  return text
    .replace(/!\[[^\]]{0,1000}\]\([^)]{0,2000}\)/g, '')
    .replace(/\[([^\]]{1,1000})\](?:\([^)]{0,2000}\)|\[[^\]]{0,1000}\])/g, '$1')
    .replace(/(?<!`)(`{1,3})(?!`)(.{1,1000}?)(?<!`)\1(?!`)/g, '$2')
    .replace(/(\*\*|\*)(?=\S)(.{1,1000}?)(?<=\S)\1/g, '$2')
    .replace(/(?<![\p{L}\p{N}])(__|_)(?=\S)(.{1,1000}?)(?<=\S)\1(?![\p{L}\p{N}])/gu, '$2')
    .replace(/\\([\\`*_{}[\]()#+.!-])/g, '$1');
}
