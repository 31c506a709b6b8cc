import { boxedExactMatch, exactMatch, f1, subExactMatch, twoWaySubExactMatch, wordSubExactMatch } from './answer-match.ts';
import type { Verifier } from './answer-match.ts';
import { strictBoxedMatch } from './strict-boxed.ts';
import { stringMatchAll, stringMatchPart } from './string-match.ts';

/** Names of the verifiers, as the command line and configurations use them. */
export type VerifierName =
  | 'em'
  | 'f1'
  | 'sub-em'
  | 'sub-em-words'
  | 'sub-em-two-way'
  | 'boxed-em'
  | 'boxed-strict'
  | 'string-match-all'
  | 'string-match-part';

/** Every verifier by name. Those that begin with `boxed` read a whole reply, the others an answer. */
export const verifiers: Readonly<Record<VerifierName, Verifier>> = {
  em: exactMatch,
  f1,
  'sub-em': subExactMatch,
  'sub-em-words': wordSubExactMatch,
  'sub-em-two-way': twoWaySubExactMatch,
  'boxed-em': boxedExactMatch,
  'boxed-strict': strictBoxedMatch,
  'string-match-all': stringMatchAll,
  'string-match-part': stringMatchPart,
};
