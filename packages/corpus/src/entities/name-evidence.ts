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

/** Votes for person, place, organisation and work, by name; plain data. */
export type NameVotes = Map<string, [number, number, number, number]>;

const VOTED: readonly EntityKind[] = ['person', 'place', 'organisation', 'work'];
/** Those with the fewest votes are forgotten when so many are known. */
const MOST_NAMES = 400_000;
const AGREEMENT = 0.6;

/** Counts, for every capitalised run, what the words beside it say of its kind. A person's surname gets the person's votes too. */
export function collectNameVotes(texts: Iterable<string>, truecase: Truecase): NameVotes {
  const votes: NameVotes = new Map();
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
  return votes;
}

/** A view of the votes. */
export function nameEvidenceFrom(votes: NameVotes): NameEvidence {
  return {
    kindOf(name) {
      const own = votes.get(name);
      if (!own) return undefined;
      const most = Math.max(...own);
      const total = own[0] + own[1] + own[2] + own[3];
      return most / total > AGREEMENT ? VOTED[own.indexOf(most)] : undefined;
    },
  };
}
