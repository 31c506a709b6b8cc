import type { Benchmark, BenchmarkItem } from '../../src/index.ts';

/** A small benchmark out of memory. */
export function smallBenchmark(count: number, change: (item: BenchmarkItem, index: number) => BenchmarkItem = (item) => item): Benchmark {
  const items = Array.from({ length: count }, (_, index) => {
    const text = `Town number ${index} lies by a lake. `.repeat(30) + `Its mayor is Person${index}. ` + 'It rains often. '.repeat(30);
    const item: BenchmarkItem = {
      id: `q${index}`,
      question: `Who is the mayor of town number <${index}>?`,
      gold: { kind: 'any', answers: [`Person${index}`] },
      group: index % 2 === 0 ? 'even' : 'odd',
      text: { characters: text.length, open: () => text },
      evidence: () => [`Its mayor is Person${index}.`],
    };
    return change(item, index);
  });
  return { name: 'small', headline: 'em', files: [], corpusHash: 'c'.repeat(64), items };
}
