import { CorpusError } from '../errors.ts';
import { byteLevelBpe } from './byte-level-bpe.ts';
import type { Encoder } from './token-counter.ts';

/** Texts that tokenizers disagree on when they disagree: spaces, contractions, digits, scripts, accents, emoji, placeholders. */
const TEXTS: readonly string[] = [
  '',
  ' ',
  '\n',
  'Hello world',
  "It's they'LL I'M we'd DON'T 'S 'ſ ’s ‘re",
  'a  b   c\t\td \n e\n\nf\r\ng \r\n\r\n  h   ',
  '1 12 123 1234 12345 1,234.56 ½ ² ٣٤ 十二',
  'x=1;if(a<b){return [c]; } // "quoted" — dash – en… ¿qué?',
  'The [MASK] of ([MASK], [TARGET]’s) x[MASK]y [ MASK ] [[MASK]].',
  'Québec Que\u0301bec ångström Å Å ﬁ Straße İstanbul ǅ',
  'Ελληνικά Русский текст עברית العربية हिन्दी क्षि ไทย 日本語テキスト 中文，标点。한국어',
  '🙂👩‍👩‍👧‍👦🇩🇪👍🏽 e\u0301\u0327 \u200b zero \u200d width \ufeff bom \u0085 nel \u00a0 nbsp \u2028 ls \u3000 full',
  'Title\nFirst sentence. Second one!\n\nNext title\n"Quoted." (Bracketed.) End',
  'CamelCaseWord snake_case kebab-case https://example.org/a?b=c&d=%20 foo@bar.com C++ 3D\u0000\u0001\u007f',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa          !!!!!!!!!!!!!!!!!!!!----------========',
];

/** The first text on which two tokenizers differ; undefined when they agree on all, the given ones included. */
export function firstDisagreement(fast: Encoder, general: Encoder, texts: Iterable<string> = []): string | undefined {
  for (const text of [...TEXTS, ...texts]) {
    const a = fast.encode(text);
    const b = general.encode(text);
    if (a.length !== b.length || Array.from(a).some((id, i) => id !== b[i])) return text;
  }
  return undefined;
}

export interface ChooseTokenizerOptions {
  /** Texts to compare on beside the built-in ones, e.g. the first hundred passages. */
  readonly texts?: Iterable<string>;
}

export interface ChosenTokenizer {
  readonly tokenizer: Encoder;
  readonly isFast: boolean;
  /** Why the fast one is not used. */
  readonly reason?: string;
}

/** The fast tokenizer of a tokenizer.json if it knows the file and agrees with the general one on every text; else the general one. */
export function chooseTokenizer(json: unknown, general: Encoder, options: ChooseTokenizerOptions = {}): ChosenTokenizer {
  let fast: Encoder;
  try {
    fast = byteLevelBpe(json);
  } catch (error) {
    if (!CorpusError.isInstance(error)) throw error;
    return { tokenizer: general, isFast: false, reason: error.message };
  }
  const text = firstDisagreement(fast, general, options.texts);
  if (text === undefined) return { tokenizer: fast, isFast: true };
  return { tokenizer: general, isFast: false, reason: `the fast tokenizer differs on ${JSON.stringify(text.slice(0, 80))}` };
}
