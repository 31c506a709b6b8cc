import type { EntityKind } from '../entities/entity.ts';
import { pageKind } from '../entities/page-kind.ts';
import { cutPassages } from '../passages/cut-passages.ts';
import type { CutPassagesOptions } from '../passages/cut-passages.ts';
import { wikitextToProse } from '../wikitext/wikitext-to-prose.ts';
import { countLines } from './count-lines.ts';
import { openLines } from './line-bytes.ts';
import { recordsOfTask } from './read-task.ts';
import type { SourceArticle, SourcePosition } from './source-record.ts';
import type { SourceTask } from './source-task.ts';

/** How many records of each sort a stretch of the sources held. */
export interface RecordCounts {
  readonly pages: number;
  readonly articles: number;
  readonly articlesWithoutPassage: number;
  readonly redirects: number;
  readonly disambiguations: number;
  readonly otherNamespaces: number;
  readonly rejected: number;
}

export interface CutTaskOptions extends CutPassagesOptions {
  /** For records that name none. */
  readonly licence?: string;
  /** Stop after the record that brings this many passages. Default: read all. */
  readonly maxPassages?: number;
}

/** What a task gave: passages as lines of JSON, and what its pages say of names. Plain data. */
export interface CutTask {
  readonly lines: Uint8Array;
  readonly passages: number;
  readonly counts: RecordCounts;
  readonly rejected: readonly { readonly position: SourcePosition; readonly reason: string }[];
  readonly redirects: readonly (readonly [title: string, target: string])[];
  readonly kinds: readonly (readonly [title: string, kind: EntityKind])[];
  readonly unknownTemplates: readonly (readonly [name: string, times: number])[];
  /** Passages by the licence of their text. */
  readonly licences: readonly (readonly [licence: string, passages: number])[];
  /** Pages or lines in the task, for the positions of those that follow. */
  readonly units: number;
}

/** Reads a task's records and cuts their articles into passages. */
export async function cutTask(task: SourceTask, options: CutTaskOptions = {}): Promise<CutTask> {
  const lines = openLines();
  const counts = { pages: 0, articles: 0, articlesWithoutPassage: 0, redirects: 0, disambiguations: 0, otherNamespaces: 0, rejected: 0 };
  const rejected: CutTask['rejected'][number][] = [];
  const redirects: [string, string][] = [];
  const kinds: [string, EntityKind][] = [];
  const unknownTemplates = new Map<string, number>();
  const licences = new Map<string, number>();
  for await (const record of recordsOfTask(task)) {
    counts.pages++;
    if (record.type === 'rejected') {
      counts.rejected++;
      rejected.push({ position: record.position, reason: record.reason });
    } else if (record.type === 'redirect') {
      counts.redirects++;
      redirects.push([record.title, record.target]);
    } else if (record.type === 'disambiguation') counts.disambiguations++;
    else if (record.type === 'other-namespace') counts.otherNamespaces++;
    else {
      counts.articles++;
      const { article } = record;
      const kind = 'wikitext' in article.content ? pageKind(article.content.wikitext) : undefined;
      if (kind) kinds.push([article.title, kind]);
      const { content, ...provenance } = article;
      const licence = article.licence ?? options.licence;
      const cut = cutPassages(
        { ...provenance, ...(licence === undefined ? {} : { licence }), paragraphs: paragraphsOf(content, unknownTemplates) },
        options,
      );
      if (cut.length === 0) counts.articlesWithoutPassage++;
      for (const passage of cut) lines.add(JSON.stringify(passage));
      if (licence !== undefined && cut.length > 0) licences.set(licence, (licences.get(licence) ?? 0) + cut.length);
    }
    if (lines.count() >= (options.maxPassages ?? Infinity)) break;
  }
  return {
    lines: lines.finish(),
    passages: lines.count(),
    counts,
    rejected,
    redirects,
    kinds,
    unknownTemplates: [...unknownTemplates],
    licences: [...licences],
    units: task.kind === 'lines' ? countLines(task.bytes) : counts.pages,
  };
}

function paragraphsOf(
  content: SourceArticle['content'],
  unknownTemplates: Map<string, number>,
): Parameters<typeof cutPassages>[0]['paragraphs'] {
  if ('paragraphs' in content) return content.paragraphs;
  const prose = wikitextToProse(content.wikitext);
  for (const [name, times] of prose.unknownTemplates) unknownTemplates.set(name, (unknownTemplates.get(name) ?? 0) + times);
  return prose.paragraphs;
}
