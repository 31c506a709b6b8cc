import { writeFileSync } from 'node:fs';

/** A small documents.jsonl: names and years in plain sentences, one name masked. */
export function writeDocuments(path: string, count: number): void {
  const names = ['Alba Roth', 'Bruno Keller', 'Clara Weiss', 'Dario Monti', 'Elena Petrova', 'Felix Braun'];
  const lines = Array.from({ length: count }, (_, index) => {
    const passages = names.map((name, place) => {
      const said = place === index % names.length ? '[MASK]' : name;
      const text = `In ${1900 + place * 7 + index}, ${said} moved to Lisbon and met ${names[(place + 3) % names.length]} there. They wrote about Lisbon for years.`;
      return { role: place === 0 ? 'pivot' : 'random', title: `Life ${place}`, text, pageId: place, revisionId: 1 };
    });
    return JSON.stringify({ id: `d${index}`, passages, mask: '[MASK]', answer: names[index % names.length], aliases: ['the traveller'] });
  });
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
}
