import type { Passage } from '../passages/passage.ts';
import { anchorTableFrom, packAnchors } from './anchor-table.ts';
import { collectAnchors } from './collect-anchors.ts';
import type { BuildAnchorTableOptions } from './collect-anchors.ts';
import type { AnchorData, AnchorTable } from './anchor-table.ts';
import { collectNameVotes, nameEvidenceFrom } from './name-evidence.ts';
import type { NameEvidence, VotedNames } from './name-evidence.ts';
import { countTruecase, truecaseFrom } from './truecase.ts';
import type { Truecase, TruecaseCounts } from './truecase.ts';

/** What finding entities knows of the corpus as a whole. */
export interface EntityTables {
  readonly truecase: Truecase;
  readonly anchors: AnchorTable;
  readonly names: NameEvidence;
}

/** The same as typed arrays in shared memory: handed to other threads, it is there once for all. */
export interface EntityTablesData {
  readonly truecase: TruecaseCounts;
  readonly anchors: AnchorData;
  readonly names: VotedNames;
}

export interface CollectEntityTablesOptions extends BuildAnchorTableOptions {
  /** Most passages from which spellings and kinds of names are learnt, spread evenly. Default 100,000. */
  readonly sample?: number;
}

/** Reads the passages (three times) for the spellings of words, the anchors of links, and what the text says of names. */
export function collectEntityTables(
  passages: Iterable<Passage> & { readonly size?: number; readonly length?: number },
  options: CollectEntityTablesOptions = {},
): EntityTablesData {
  const sample = options.sample ?? 100_000;
  const size = passages.size ?? passages.length ?? sample;
  const every = Math.max(1, Math.ceil(size / sample));
  // What is counted takes several times the room of what is kept: one table after the other.
  const truecase = countTruecase(textsOf(passages, every));
  const names = collectNameVotes(textsOf(passages, every), truecaseFrom(truecase));
  return { truecase, names, anchors: packAnchors(collectAnchors(passages, options)) };
}

/** Views of the data. */
export function entityTablesFrom(data: EntityTablesData): EntityTables {
  return { truecase: truecaseFrom(data.truecase), anchors: anchorTableFrom(data.anchors), names: nameEvidenceFrom(data.names) };
}

function* textsOf(passages: Iterable<Passage>, every: number): Generator<string> {
  let number = 0;
  for (const passage of passages) if (number++ % every === 0) yield passage.text;
}
