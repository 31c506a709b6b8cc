import { CorpusError } from '../errors.ts';
import { terms } from './terms.ts';

/** What BM25 reads of a passage. */
export interface IndexedText {
  readonly title: string;
  readonly text: string;
}

/** An inverted index in typed arrays: about 5 bytes a posting, and the vocabulary. Passage numbers are positions in the input. */
export interface PassageIndex {
  readonly size: number;
  /** Term -> row of `offsets`. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Postings of term t: `offsets[t]` to `offsets[t + 1]`. */
  readonly offsets: Uint32Array;
  readonly passages: Uint32Array;
  /** Occurrences of the term in the passage, at most 255. */
  readonly frequencies: Uint8Array;
  /** k1 (1 - b + b length / mean length) for each passage. */
  readonly lengthNorms: Float32Array;
  readonly k1: number;
}

export interface BuildIndexOptions {
  /** Saturation of term frequency. Default 1.2. */
  readonly k1?: number;
  /** Weight of the length normalisation, 0 to 1. Default 0.75. */
  readonly b?: number;
}

/** Inverts titles and texts for BM25. Throws `CorpusError` (`bad-options`) for k1 < 0 or b outside [0, 1]. */
export function buildIndex(passages: readonly IndexedText[], options: BuildIndexOptions = {}): PassageIndex {
  const { k1 = 1.2, b = 0.75 } = options;
  if (!(k1 >= 0) || !(b >= 0 && b <= 1)) throw new CorpusError('bad-options', `BM25 needs k1 >= 0 and 0 <= b <= 1, got k1 ${k1}, b ${b}`);
  const vocabulary = new Map<string, number>();
  const documentFrequency: number[] = [];
  const size = passages.length;
  const lengths = new Uint32Array(size);
  let postings = { term: new Uint32Array(1 << 16), passage: new Uint32Array(1 << 16), frequency: new Uint8Array(1 << 16) };
  let count = 0;
  let total = 0;
  const own = new Map<number, number>();
  for (let p = 0; p < size; p++) {
    const found = terms(`${passages[p]!.title} ${passages[p]!.text}`);
    own.clear();
    for (const word of found) {
      let term = vocabulary.get(word);
      if (term === undefined) {
        term = vocabulary.size;
        vocabulary.set(word, term);
        documentFrequency.push(0);
      }
      own.set(term, (own.get(term) ?? 0) + 1);
    }
    for (const [term, frequency] of own) {
      if (count === postings.term.length) postings = grow(postings);
      postings.term[count] = term;
      postings.passage[count] = p;
      postings.frequency[count] = Math.min(frequency, 255);
      documentFrequency[term]!++;
      count++;
    }
    lengths[p] = found.length;
    total += found.length;
  }
  const offsets = new Uint32Array(vocabulary.size + 1);
  documentFrequency.forEach((frequency, term) => {
    offsets[term + 1] = offsets[term]! + frequency;
  });
  // Counting sort by term keeps passages in ascending order within a term.
  const next = offsets.slice();
  const passageOf = new Uint32Array(count);
  const frequencies = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const slot = next[postings.term[i]!]!++;
    passageOf[slot] = postings.passage[i]!;
    frequencies[slot] = postings.frequency[i]!;
  }
  const meanLength = Math.max(1, total / Math.max(1, size));
  const lengthNorms = Float32Array.from(lengths, (length) => k1 * (1 - b + (b * length) / meanLength));
  return { size, vocabulary, offsets, passages: passageOf, frequencies, lengthNorms, k1 };
}

interface Postings {
  term: Uint32Array<ArrayBuffer>;
  passage: Uint32Array<ArrayBuffer>;
  frequency: Uint8Array<ArrayBuffer>;
}

function grow(postings: Postings): Postings {
  const size = postings.term.length * 2;
  const grown = { term: new Uint32Array(size), passage: new Uint32Array(size), frequency: new Uint8Array(size) };
  grown.term.set(postings.term);
  grown.passage.set(postings.passage);
  grown.frequency.set(postings.frequency);
  return grown;
}
