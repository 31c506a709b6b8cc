import { distinct, letters, madeUpWord } from './random-names.ts';
import { insertAt, noise, places } from './ruler-sample.ts';
import type { RulerMaker } from './ruler-sample.ts';

const capitals = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const smallLetters = 'abcdefghijklmnopqrstuvwxyz';

/** Variable tracking: one chain of four assignments after the first, in `size` lines of noise (num_chains 1, num_hops 4). */
export const variableTracking: RulerMaker = (random, size) => {
  const names = distinct(5, () => letters(random, 5, capitals));
  const value = String(10_000 + random.integer(90_000));
  const chain = names.map((name, index) => `VAR ${name} = ${index === 0 ? value : `VAR ${names[index - 1]}`}`);
  const lines = Array.from({ length: size }, () => noise);
  return {
    context: insertAt(lines, chain, places(random, lines.length, chain.length)).join('\n'),
    input: `Which variables are assigned the value ${value} in the text, directly or through other variables? Find all ${names.length}.`,
    outputs: names,
    evidence: chain,
  };
};

/** Common words: ten words 30 times and the others 3 times in a numbered list of about `size` words (freq_cw 30, freq_ucw 3, num_cw 10; 6 and 1 in short lists). */
export const commonWords: RulerMaker = (random, size) => {
  const [often, seldom] = size < 800 ? [6, 1] : [30, 3];
  const others = Math.max(1, Math.floor((size - 10 * often) / seldom));
  const words = distinct(10 + others, () => madeUpWord(random, others > 20_000 ? 3 : 2));
  const common = words.slice(0, 10);
  const list = random.shuffle(words.flatMap((word, index) => Array.from({ length: index < 10 ? often : seldom }, () => word)));
  return {
    context: list.map((word, index) => `${index + 1}. ${word}`).join(' '),
    input: 'What are the 10 most common words in the numbered list?',
    outputs: common,
  };
};

/** Frequent words: about `size` coded words of six letters, their counts after Zipf with alpha 2; dots are noise (alpha 2.0). */
export const frequentWords: RulerMaker = (random, size) => {
  const vocabulary = ['...', ...distinct(Math.max(10, Math.floor(size / 12)), () => letters(random, 6, smallLetters))];
  // The sum of 1/k^2 over all k.
  const total = Math.PI ** 2 / 6;
  const list = vocabulary.flatMap((word, index) => Array.from({ length: Math.floor(size / (index + 1) ** 2 / total) }, () => word));
  return {
    context: random.shuffle(list).join(' '),
    input: 'Leave out the dots "...". What are the three most frequent words of the coded text?',
    outputs: vocabulary.slice(1, 4),
  };
};

/** Questions over `size` documents, the ones with the answer in random places. */
export const questionAnswering: RulerMaker = (random, size, { questions, passages }) => {
  const { question, answers, evidence } = questions[random.integer(questions.length)]!;
  const own = new Set(evidence);
  const fillers: string[] = [];
  for (let tries = 0; fillers.length < Math.max(0, size - evidence.length) && tries < 10 * size; tries++) {
    const passage = passages[random.integer(passages.length)]!;
    if (!own.has(passage)) fillers.push(passage);
  }
  const documents = random.shuffle([...evidence, ...fillers]);
  return {
    context: documents.map((text, index) => `Document ${index + 1}:\n${text}`).join('\n\n'),
    input: question,
    outputs: answers,
    evidence,
  };
};
