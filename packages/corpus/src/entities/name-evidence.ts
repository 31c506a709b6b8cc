import { findTerm, termTableBuilder } from '../retrieval/term-table.ts';
import type { TermTable } from '../retrieval/term-table.ts';
import { ownText, thinWhenFull } from './bounded-names.ts';
import { capitalisedRuns } from './capitalised-runs.ts';
import type { EntityKind } from './entity.ts';
import { cueKind } from './name-cues.ts';
import { isNoPlace, kindByWords } from './name-kind.ts';
import type { Truecase } from './truecase.ts';

/** What the corpus says, somewhere, about the kinds of its names. */
export interface NameEvidence {
  /** The kind that most of the name's telling mentions agree on. */
  kindOf(name: string): EntityKind | undefined;
}

/** The names of one kind for which most of their votes are. Threads can share it. */
export interface VotedNames {
  readonly names: TermTable;
  /** Index of each name's kind in `VOTED`. */
  readonly kinds: Uint8Array;
}

const VOTED: readonly EntityKind[] = ['person', 'place', 'organisation', 'work'];
/** Those with the fewest votes are forgotten when so many are known. */
const MOST_NAMES = 400_000;
const AGREEMENT = 0.6;

/** Counts, for every capitalised run, what the words beside it say of its kind. A person's surname gets the person's votes too. */
export function collectNameVotes(texts: Iterable<string>, truecase: Truecase): VotedNames {
  const votes = new Map<string, [number, number, number, number]>();
  const vote = (name: string, column: number): void => {
    const own = votes.get(name);
    if (own) own[column]!++;
    else {
      const fresh: [number, number, number, number] = [0, 0, 0, 0];
      fresh[column] = 1;
      votes.set(ownText(name), fresh);
    }
  };
  for (const text of texts) {
    for (const { start, end } of capitalisedRuns(text, truecase)) {
      const name = text.slice(start, end);
      const byWords = kindByWords(name);
      const kind = byWords ?? cueKind(text.slice(Math.max(0, start - 40), start), text.slice(end, end + 30));
      const column = kind === undefined ? -1 : VOTED.indexOf(kind);
      if (column < 0 || (kind === 'place' && byWords === undefined && isNoPlace(name, truecase.isCommonWord))) continue;
      if (byWords === undefined) vote(name, column);
      const last = name.slice(name.lastIndexOf(' ') + 1);
      if (kind === 'person' && last !== name) vote(last, column);
    }
    thinWhenFull(votes, MOST_NAMES, (own) => own[0] + own[1] + own[2] + own[3]);
  }
  const names = termTableBuilder();
  const kinds = new Uint8Array(new SharedArrayBuffer(votes.size));
  for (const [name, own] of votes) {
    const most = Math.max(...own);
    if (most / (own[0] + own[1] + own[2] + own[3]) > AGREEMENT) kinds[names.add(name)] = own.indexOf(most);
  }
  return { names: names.finish(SharedArrayBuffer), kinds };
}

/** A view of the names. */
export function nameEvidenceFrom({ names, kinds }: VotedNames): NameEvidence {
  return {
    kindOf(name) {
      const number = findTerm(names, name);
      return number < 0 ? undefined : VOTED[kinds[number]!];
    },
  };
}
