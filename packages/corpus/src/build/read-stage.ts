import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { CorpusError } from '../errors.ts';
import { movePosition, openSources } from '../sources/open-sources.ts';
import type { OpenSourcesOptions, SourceOptions } from '../sources/open-sources.ts';
import type { CutTask, CutTaskOptions, RecordCounts } from '../sources/cut-task.ts';
import type { SourcePosition } from '../sources/source-record.ts';
import type { SourceFile, SourceTask } from '../sources/source-task.ts';
import type { BuildThreads } from './build-threads.ts';
import { mapInOrder } from './map-in-order.ts';
import type { WorkFolder } from './work-folder.ts';

/** A bad record of a source. */
export interface Rejected {
  readonly source: string;
  readonly position: SourcePosition;
  readonly reason: string;
}

/** How far reading is. */
export interface ReadProgress {
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly pages: number;
  readonly passages: number;
}

/** What a part of the passages says of the stretch of the sources that it was cut from. What grows with the corpus is in `PartNames`. */
export interface PassagePart extends Omit<CutTask, 'lines' | 'units' | keyof PartNames> {
  /** Where the stretch ends: the source's number, its tasks and its pages or lines up to there. */
  readonly end: { readonly source: number; readonly tasks: number; readonly units: number };
  /** The source, when the stretch ends with it. */
  readonly file?: SourceFile;
}

/** What a part's pages say of names, and its bad records: these lie on disk. */
export interface PartNames extends Pick<CutTask, 'redirects' | 'kinds'> {
  readonly rejected: readonly Rejected[];
}

export interface ReadStageOptions extends Omit<CutTaskOptions, 'maxPassages'>, OpenSourcesOptions {
  readonly sources: SourceOptions;
  readonly work: WorkFolder;
  readonly threads: BuildThreads;
  readonly maxPassages?: number;
  /** Passages and names are kept in parts of about this size: what a killed build loses at most. Default 8 MiB. */
  readonly partBytes?: number;
  readonly onProgress: (progress: ReadProgress) => void;
  readonly checkAborted: () => void;
}

const SERIES = 'passages';
/** Bytes that a name or a bad record counts for: pages without passages fill a part too. */
const NAME_BYTES = 200;
/** Unknown templates that a part remembers: the manifest names the most frequent of all. */
const PART_TEMPLATES = 100;
const NAMES = 'names';

/** Cuts the sources into passages, in parts on disk; parts of an earlier run are not made again. Returns all parts. */
export async function readStage(options: ReadStageOptions): Promise<PassagePart[]> {
  const { work, threads, maxPassages = Infinity, partBytes = 1 << 23, checkAborted } = options;
  const parts = work.parts<PassagePart>(SERIES);
  const sources = await openSources(options.sources, { ...options, bz2: { decode: threads.decode, ahead: threads.ahead } });
  const bytesTotal = sources.reduce((sum, source) => sum + source.bytesTotal, 0);
  let bytesBefore = 0;
  let passages = parts.reduce((sum, part) => sum + part.passages, 0);
  let pages = parts.reduce((sum, part) => sum + part.counts.pages, 0);
  const { licence, minWords, maxWords } = options;
  const cutOptions = {
    ...(licence === undefined ? {} : { licence }),
    ...(minWords === undefined ? {} : { minWords }),
    ...(maxWords === undefined ? {} : { maxWords }),
  };
  for (const [number, source] of sources.entries()) {
    const last = parts.at(-1);
    const report = (): void => options.onProgress({ bytesRead: bytesBefore + source.bytesRead(), bytesTotal, pages, passages });
    if (last && (last.end.source > number || (last.end.source === number && last.file))) {
      bytesBefore += source.bytesTotal;
      continue;
    }
    if (passages >= maxPassages) break;
    const skipped = last?.end.source === number ? last.end.tasks : 0;
    let open = newPart(number, skipped, skipped > 0 ? last!.end.units : 0);
    const close = async (file?: SourceFile): Promise<void> => {
      const { data, redirects, kinds, rejected, unknownTemplates, ...meta } = open;
      const frequent = unknownTemplates.toSorted(([, a], [, b]) => b - a).slice(0, PART_TEMPLATES);
      const part: PassagePart = { ...meta, unknownTemplates: frequent, ...(file ? { file } : {}) };
      const names: PartNames = { redirects, kinds, rejected };
      // First, so that a finished part has its names.
      await work.writePart(NAMES, parts.length, { data: [Buffer.from(JSON.stringify(names))], meta: null });
      await work.writePart(SERIES, parts.length, { data, meta: part });
      parts.push(part);
      open = newPart(number, part.end.tasks, part.end.units);
    };
    const cut = mapInOrder(after(source.tasks(), skipped), threads.ahead, async (task) => ({
      task,
      result: await threads.cut(task, cutOptions),
    }));
    for await (const { task, result } of cut) {
      checkAborted();
      // The last task is cut again, up to the record that brings the last passage wanted.
      const isLast = passages + result.passages >= maxPassages;
      const used = isLast ? await threads.cut(task, { ...cutOptions, maxPassages: maxPassages - passages }) : result;
      addToPart(open, used, source.name);
      passages += used.passages;
      pages += used.counts.pages;
      report();
      if (isLast) break;
      if (open.bytes >= partBytes) await close();
    }
    await close(source.file());
    report();
    bytesBefore += source.bytesTotal;
  }
  return parts;
}

/** Paths of the parts' passages. */
export function passagePaths(work: WorkFolder, parts: readonly PassagePart[]): string[] {
  return parts.map((_, number) => work.partPath(SERIES, number));
}

/** Names and bad records of the parts, one part after the other, as often as asked for: they are read from disk each time. */
export function partNames(work: WorkFolder, parts: readonly PassagePart[]): Iterable<PartNames> {
  return {
    *[Symbol.iterator]() {
      for (const number of parts.keys()) yield JSON.parse(readFileSync(work.partPath(NAMES, number), 'utf8')) as PartNames;
    },
  };
}

/** Throws `CorpusError` (`too-many-rejected`) when more than `limit` of all records are bad. */
export function checkRejected(parts: readonly PassagePart[], names: Iterable<PartNames>, limit: number): void {
  const records = parts.reduce((sum, part) => sum + part.counts.pages, 0);
  const bad = parts.reduce((sum, part) => sum + part.counts.rejected, 0);
  if (bad === 0 || bad <= limit * records) return;
  const reasons = new Map<string, number>();
  let first: Rejected | undefined;
  for (const { rejected } of names) {
    first ??= rejected[0];
    for (const { reason } of rejected) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const summary = [...reasons]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([reason, times]) => `${times} times ${reason}`);
  const { source, position } = first!;
  throw new CorpusError(
    'too-many-rejected',
    `${bad} of ${records} records are bad, more than ${100 * limit} %; nothing was written. ${summary.join('; ')}. The first ` +
      `is ${placeOf(position)} of ${basename(source)}. Look at it, download the file again, or raise maxRejectedShare`,
  );
}

function placeOf(position: SourcePosition): string {
  if ('page' in position) return `page ${position.page} (byte ${position.byte})`;
  if ('line' in position) return `line ${position.line} (byte ${position.byte})`;
  return 'row' in position ? `row ${position.row}` : position.file;
}

async function* after(tasks: AsyncIterable<SourceTask>, skipped: number): AsyncGenerator<SourceTask> {
  let number = 0;
  for await (const task of tasks) if (number++ >= skipped) yield task;
}

interface OpenPart {
  data: Uint8Array[];
  bytes: number;
  passages: number;
  counts: { -readonly [Name in keyof RecordCounts]: number };
  rejected: Rejected[];
  redirects: CutTask['redirects'][number][];
  kinds: CutTask['kinds'][number][];
  unknownTemplates: CutTask['unknownTemplates'][number][];
  licences: CutTask['licences'][number][];
  end: { source: number; tasks: number; units: number };
}

function newPart(source: number, tasks: number, units: number): OpenPart {
  return {
    data: [],
    bytes: 0,
    passages: 0,
    counts: { pages: 0, articles: 0, articlesWithoutPassage: 0, redirects: 0, disambiguations: 0, otherNamespaces: 0, rejected: 0 },
    rejected: [],
    redirects: [],
    kinds: [],
    unknownTemplates: [],
    licences: [],
    end: { source, tasks, units },
  };
}

function addToPart(part: OpenPart, cut: CutTask, source: string): void {
  part.data.push(cut.lines);
  part.bytes += cut.lines.byteLength;
  part.passages += cut.passages;
  for (const name of Object.keys(part.counts) as (keyof RecordCounts)[]) part.counts[name] += cut.counts[name];
  for (const { position, reason } of cut.rejected) part.rejected.push({ source, position: movePosition(position, part.end.units), reason });
  part.redirects.push(...cut.redirects);
  part.kinds.push(...cut.kinds);
  part.bytes += NAME_BYTES * (cut.redirects.length + cut.kinds.length + cut.rejected.length);
  part.unknownTemplates = addCounts(part.unknownTemplates, cut.unknownTemplates);
  part.licences = addCounts(part.licences, cut.licences);
  part.end.tasks++;
  part.end.units += cut.units;
}

/** Sums of counts by name. */
export function addCounts(...lists: readonly (readonly (readonly [string, number])[])[]): [string, number][] {
  const sums = new Map<string, number>();
  for (const [name, times] of lists.flat()) sums.set(name, (sums.get(name) ?? 0) + times);
  return [...sums];
}
