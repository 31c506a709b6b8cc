import { describe, expect, test } from '@jest/globals';
import { wordTokenizer } from '@memtrain/policy';
import fc from 'fast-check';

const vocabulary = ['<pad>', '<eos>', 'anna', 'born', 'porto', '.'];

describe('wordTokenizer', () => {
  const tokenizer = wordTokenizer(vocabulary);

  test('numbers words by their place in the vocabulary, whatever white space is between', () => {
    expect([...tokenizer.encode(' anna born\n\tporto . ')]).toEqual([2, 3, 4, 5]);
    expect(tokenizer.vocabularySize).toBe(6);
    expect([...tokenizer.encode('')]).toEqual([]);
  });

  test('leaves end and padding out of the text', () => {
    expect(tokenizer.decode([0, 2, 3, 1, 0])).toBe('anna born');
    expect(tokenizer).toMatchObject({ padId: 0, endIds: [1] });
  });

  test('decoding what was encoded gives the words joined by single spaces', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...vocabulary.slice(2))), (words) => {
        expect(tokenizer.decode(tokenizer.encode(words.join('  ')))).toBe(words.join(' '));
      }),
    );
  });

  test('throws unknown-token for a word or an id outside the vocabulary', () => {
    expect(() => tokenizer.encode('anna lives')).toThrow(
      expect.objectContaining({ code: 'unknown-token', message: expect.stringContaining('"lives"') }),
    );
    expect(() => tokenizer.decode([6])).toThrow(expect.objectContaining({ code: 'unknown-token', message: expect.stringContaining('6') }));
  });

  test('throws bad-options for a word that stands twice, unknown-token for a missing padding or end word', () => {
    expect(() => wordTokenizer([...vocabulary, 'anna'])).toThrow(
      expect.objectContaining({ code: 'bad-options', message: expect.stringContaining('"anna"') }),
    );
    expect(() => wordTokenizer(['<pad>'])).toThrow(expect.objectContaining({ code: 'unknown-token' }));
    expect(() => wordTokenizer(vocabulary, { pad: '_' })).toThrow(expect.objectContaining({ code: 'unknown-token' }));
  });

  test('takes padding and end words by name', () => {
    const named = wordTokenizer(['a', '.', '_'], { pad: '_', end: '.' });
    expect(named).toMatchObject({ padId: 2, endIds: [1] });
  });
});
