import { attemptSeed, drawPivots, tooFewEntities } from '../documents/build-documents.ts';
import { documentId } from '../documents/document.ts';
import type { Passage } from '../passages/passage.ts';
import type { PassageStore } from '../passages/passage-store.ts';
import type { RelatedPassages } from '../retrieval/related-passages.ts';
import type { AttemptedDocument, DocumentAttempt, DocumentFacts } from './build-work.ts';
import type { BuildThreads } from './build-threads.ts';
import { mapInOrder } from './map-in-order.ts';
import type { WorkFolder } from './work-folder.ts';

/** What a part of the documents says of itself. */
export interface DocumentPart {
  /** Attempts made and documents finished, up to the end of the part. */
  readonly attempts: number;
  readonly made: number;
  /** Documents of the round of pivots that the part ends in. */
  readonly madeInRound: number;
  readonly facts: readonly (DocumentFacts & { readonly pivot: number })[];
  readonly redrawn: Readonly<Record<string, number>>;
}

export interface DocumentStageOptions {
  readonly count: number;
  readonly seed: number;
  readonly related: number;
  readonly passages: PassageStore;
  readonly work: WorkFolder;
  readonly threads: BuildThreads;
  /** Finds related passages outside of the threads; BM25 inside them when absent. */
  readonly retriever?: RelatedPassages;
  readonly onProgress: (documents: number) => void;
  readonly checkAborted: () => void;
}

const SERIES = 'documents';
/** Documents a part: what a killed build loses at most. */
const PART_DOCUMENTS = 32;
/** Attempts that a thread is handed at a time. */
const BATCH = 4;

/** Makes the documents, in parts on disk; parts of an earlier run are not made again. Throws `CorpusError` (`too-few-entities`). */
export async function documentStage(options: DocumentStageOptions): Promise<DocumentPart[]> {
  const { count, seed, passages, work, threads, checkAborted } = options;
  const parts = work.parts<DocumentPart>(SERIES);
  const pivots = drawPivots(passages.size, seed);
  // A pivot's second attempt must know the answer of its first: what is in flight never reaches around a whole round.
  const ahead = Math.min(threads.ahead, pivots.length);
  const size = Math.max(1, Math.min(BATCH, Math.floor(pivots.length / (ahead + 1))));
  /** Answers already asked for, by pivot. */
  const asked = new Map<number, string[]>();
  const remember = (pivot: number, answer: string): void => void asked.set(pivot, [...(asked.get(pivot) ?? []), answer]);
  for (const part of parts) for (const { pivot, answer } of part.facts) remember(pivot, answer);
  let attempts = parts.at(-1)?.attempts ?? 0;
  let made = parts.at(-1)?.made ?? 0;
  let madeInRound = parts.at(-1)?.madeInRound ?? 0;
  let lines: string[] = [];
  let facts: DocumentPart['facts'][number][] = [];
  let redrawn: Record<string, number> = {};
  const close = async (): Promise<void> => {
    const part: DocumentPart = { attempts, made, madeInRound, facts, redrawn };
    await work.writePart(SERIES, parts.length, { data: [Buffer.from(lines.map((line) => `${line}\n`).join(''))], meta: part });
    parts.push(part);
    lines = [];
    facts = [];
    redrawn = {};
  };
  async function* requests(): AsyncGenerator<number[]> {
    for (let first = attempts; ; first += size) yield Array.from({ length: size }, (_, i) => first + i);
  }
  const attempt = async (numbers: readonly number[]): Promise<readonly AttemptedDocument[]> => {
    const batch: DocumentAttempt[] = [];
    for (const number of numbers) {
      const pivot = pivots[number % pivots.length]!;
      const near = options.retriever && (await relatedBy(options.retriever, passages.get(pivot), pivot, options.related));
      batch.push({ pivot, seed: attemptSeed(seed, number), exclude: asked.get(pivot) ?? [], ...(near ? { related: near } : {}) });
    }
    return threads.document(batch);
  };
  if (made < count) {
    for await (const batch of mapInOrder(requests(), ahead, attempt)) {
      for (const { line, facts: own, redrawn: reasons } of batch) {
        const number = attempts++;
        for (const [reason, times] of Object.entries(reasons)) redrawn[reason] = (redrawn[reason] ?? 0) + times;
        if (line !== undefined && own) {
          const pivot = pivots[number % pivots.length]!;
          remember(pivot, own.answer);
          lines.push(line.replace(documentId(0), documentId(made)));
          facts.push({ ...own, pivot });
          made++;
          madeInRound++;
          options.onProgress(made);
          if (made === count) break;
        }
        if (attempts % pivots.length === 0) {
          if (madeInRound === 0) throw tooFewEntities(made, count, passages.size);
          madeInRound = 0;
        }
      }
      checkAborted();
      if (made === count) break;
      if (lines.length >= PART_DOCUMENTS) await close();
      // Attempts in this thread are synchronous: let timers and signals through.
      if (threads.ahead === 1) await new Promise((proceed) => setImmediate(proceed));
    }
    await close();
  }
  return parts;
}

/** Paths of the parts' documents. */
export function documentPaths(work: WorkFolder, parts: readonly DocumentPart[]): string[] {
  return parts.map((_, number) => work.partPath(SERIES, number));
}

async function relatedBy(retriever: RelatedPassages, passage: Passage, number: number, count: number): Promise<number[]> {
  return (await retriever.related({ ...passage, number }, { count })).map((hit) => hit.passage);
}
