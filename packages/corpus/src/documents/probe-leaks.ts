import type { EntityKind } from '../entities/entity.ts';
import type { CorpusDocument } from './document.ts';

/** Anything that answers a question, shown a memory: a model behind a prompt. */
export type AnswerQuestion = (question: string, memory: string) => Promise<string>;

export interface ProbeLeaksOptions {
  /** What the memory says before anything was read. Default `No previous memory`. */
  readonly emptyMemory?: string;
  /** Whether a reply gives the document's answer. Default: the last `\boxed{...}`, or else the last line, equals the answer or an alias. */
  readonly isRight?: (reply: string, document: CorpusDocument) => boolean;
  /** Documents asked about at a time. Default 8. */
  readonly concurrency?: number;
  readonly onProgress?: (documents: number) => void;
}

/** Share of documents that are answered without having been read. */
export interface LeakProbe {
  readonly documents: number;
  /** Right by the question alone, with an empty memory, and by either. */
  readonly questionOnly: number;
  readonly emptyMemory: number;
  readonly solved: number;
  /** `solved / documents`; 0 for no documents. */
  readonly hitRate: number;
  readonly byType: Readonly<Partial<Record<EntityKind, { readonly documents: number; readonly solved: number }>>>;
  /** Ids of the solved documents, in order: candidates for dropping. */
  readonly solvedIds: readonly string[];
}

/**
 * Asks every document's question of something that has not read the document: once with no memory at all (''), once with an empty one.
 * What it answers rightly it knows from elsewhere, or guesses. An error of `answer` ends the probe.
 */
export async function probeLeaks(
  documents: Iterable<CorpusDocument> | AsyncIterable<CorpusDocument>,
  answer: AnswerQuestion,
  options: ProbeLeaksOptions = {},
): Promise<LeakProbe> {
  const { emptyMemory = 'No previous memory', isRight = givesAnswer, concurrency = 8 } = options;
  const byType: Partial<Record<EntityKind, { documents: number; solved: number }>> = {};
  const totals = { documents: 0, questionOnly: 0, emptyMemory: 0, solved: 0 };
  const solvedIds: string[] = [];
  const probe = async (document: CorpusDocument): Promise<{ document: CorpusDocument; alone: boolean; empty: boolean }> => {
    const replies = await Promise.all(['', emptyMemory].map((memory) => answer(document.question, memory)));
    return { document, alone: isRight(replies[0]!, document), empty: isRight(replies[1]!, document) };
  };
  const settle = async (batch: readonly CorpusDocument[]): Promise<void> => {
    for (const { document, alone, empty } of await Promise.all(batch.map(probe))) {
      const own = (byType[document.answerType] ??= { documents: 0, solved: 0 });
      totals.documents++;
      own.documents++;
      if (alone) totals.questionOnly++;
      if (empty) totals.emptyMemory++;
      if (!alone && !empty) continue;
      totals.solved++;
      own.solved++;
      solvedIds.push(document.id);
    }
    options.onProgress?.(totals.documents);
  };
  let batch: CorpusDocument[] = [];
  for await (const document of documents) {
    batch.push(document);
    if (batch.length < concurrency) continue;
    await settle(batch);
    batch = [];
  }
  if (batch.length > 0) await settle(batch);
  return { ...totals, hitRate: totals.documents === 0 ? 0 : totals.solved / totals.documents, byType, solvedIds };
}

function givesAnswer(reply: string, { answer, aliases }: CorpusDocument): boolean {
  const boxed = [...reply.matchAll(/\\boxed\{([^{}]*)\}/g)].at(-1)?.[1];
  const given = normalised(boxed ?? reply.trim().split('\n').at(-1)!);
  return given !== '' && [answer, ...aliases].some((one) => normalised(one) === given);
}

/** The exact-match normaliser: compatibility forms, case, articles, punctuation and spaces do not count. */
function normalised(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{P}\p{S}]/gu, ' ')
    .replace(/\b(?:an?|the)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
