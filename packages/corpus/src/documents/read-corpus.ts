import { buildAnchorTable } from '../entities/anchor-table.ts';
import type { AnchorTable } from '../entities/anchor-table.ts';
import type { EntityKind } from '../entities/entity.ts';
import { pageKind } from '../entities/page-kind.ts';
import { CorpusError } from '../errors.ts';
import type { OpenDump } from '../dump/open-dump.ts';
import { readDump } from '../dump/read-dump.ts';
import type { DumpPosition } from '../dump/read-dump.ts';
import { cutPassages } from '../passages/cut-passages.ts';
import type { Passage } from '../passages/passage.ts';
import { wikitextToProse } from '../wikitext/wikitext-to-prose.ts';

/** How far reading a dump is. */
export interface ReadCorpusProgress {
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly pages: number;
  readonly passages: number;
}

export interface ReadCorpusOptions {
  /** Fewest and most words of a passage. Default 140 and 180. */
  readonly minWords?: number;
  readonly maxWords?: number;
  /** Stop reading after the page that brings this many passages. Default: read all. */
  readonly maxPassages?: number;
  readonly onProgress?: (progress: ReadCorpusProgress) => void;
  readonly signal?: AbortSignal;
}

/** A bad record of the source. */
export interface Rejected {
  readonly source: string;
  readonly position: DumpPosition;
  readonly reason: string;
}

export interface ReadCorpus {
  readonly passages: Passage[];
  readonly anchors: AnchorTable;
  readonly rejected: readonly Rejected[];
  readonly unknownTemplates: ReadonlyMap<string, number>;
  readonly counts: {
    readonly pages: number;
    readonly articles: number;
    readonly articlesWithoutPassage: number;
    readonly redirects: number;
    readonly disambiguations: number;
    readonly otherNamespaces: number;
  };
  readonly bytes: number;
  /** SHA-256 of the file; null when reading stopped early. */
  readonly sha256: string | null;
}

/** More bad records than this and the input is not trusted. */
const MAX_REJECTED_SHARE = 0.01;

/**
 * Reads a dump into passages (held in memory) and what its links, redirects and infoboxes say of names.
 * Throws what `readDump` throws, and `CorpusError` `too-many-rejected` when over 1 % of the pages are bad, `aborted`.
 */
export async function readCorpus(dump: string, options: ReadCorpusOptions = {}): Promise<ReadCorpus> {
  const passages: Passage[] = [];
  const rejected: Rejected[] = [];
  const redirects = new Map<string, string>();
  const kinds = new Map<string, EntityKind>();
  const unknownTemplates = new Map<string, number>();
  const counts = { pages: 0, articles: 0, articlesWithoutPassage: 0, redirects: 0, disambiguations: 0, otherNamespaces: 0 };
  let opened: OpenDump | undefined;
  let complete = true;
  let bytesRead = 0;
  const report = (): void =>
    options.onProgress?.({ bytesRead, bytesTotal: opened!.bytesTotal, pages: counts.pages, passages: passages.length });
  const records = readDump(dump, {
    onOpen: (file) => {
      opened = file;
    },
    onProgress: (bytes) => {
      bytesRead = bytes;
    },
  });
  for await (const record of records) {
    throwIfAborted(options.signal);
    counts.pages++;
    if (record.type === 'rejected') rejected.push({ source: dump, position: record.position, reason: record.reason });
    else if (record.type === 'redirect') {
      counts.redirects++;
      redirects.set(record.title, record.target);
    } else if (record.type === 'disambiguation') counts.disambiguations++;
    else if (record.type === 'other-namespace') counts.otherNamespaces++;
    else {
      counts.articles++;
      const { title, pageId, revisionId, wikitext } = record.page;
      const prose = wikitextToProse(wikitext);
      for (const [name, times] of prose.unknownTemplates) unknownTemplates.set(name, (unknownTemplates.get(name) ?? 0) + times);
      const kind = pageKind(wikitext);
      if (kind) kinds.set(title, kind);
      const cut = cutPassages({ title, pageId, revisionId, paragraphs: prose.paragraphs }, options);
      if (cut.length === 0) counts.articlesWithoutPassage++;
      for (const passage of cut) passages.push(passage);
    }
    report();
    if (passages.length >= (options.maxPassages ?? Infinity)) {
      complete = false;
      break;
    }
  }
  report();
  if (rejected.length > MAX_REJECTED_SHARE * counts.pages) throw tooManyRejected(dump, rejected, counts.pages);
  const anchors = buildAnchorTable(passages, { redirects, kinds });
  return { passages, anchors, rejected, unknownTemplates, counts, bytes: opened!.bytesTotal, sha256: complete ? opened!.sha256() : null };
}

/** Throws `CorpusError` (`aborted`) once the signal is. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CorpusError('aborted', 'the build was stopped; nothing was written');
}

function tooManyRejected(dump: string, rejected: readonly Rejected[], pages: number): CorpusError {
  const examples = rejected.slice(0, 3).map(({ position, reason }) => `page ${position.page} (byte ${position.byte}): ${reason}`);
  return new CorpusError(
    'too-many-rejected',
    `${dump}: ${rejected.length} of ${pages} pages are bad, more than ${100 * MAX_REJECTED_SHARE} %; nothing was ` +
      `written. ${examples.join('; ')}. Download the dump again, or check that it is a MediaWiki export`,
  );
}
