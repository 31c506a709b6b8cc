import { createRequire } from 'node:module';
import type winkNLP from 'wink-nlp';
import type { ItemEntity, WinkMethods } from 'wink-nlp';
import type { Span } from '../passages/sentences.ts';
import type { EntityKind } from './entity.ts';

const KINDS: ReadonlyMap<string, EntityKind> = new Map([
  ['DATE', 'date'],
  ['TIME', 'time'],
  ['MONEY', 'money'],
  ['PERCENT', 'percent'],
  ['CARDINAL', 'number'],
  ['ORDINAL', 'number'],
]);

/** wink takes ranges and "since 1993" as one thing: keep what starts with a digit, a currency or a month and holds no range. */
const USABLE = /^(?:[\p{N}$£€¥₹]|US\$|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))[^–—]*$/u;

let shared: WinkMethods | undefined;

/**
 * One instance for the process: loading the model is slow, and a second instance of wink-nlp ignores what it is taught. Loaded when first asked for,
 * so that those who only read a dump do not wait for it; by `require`, because extraction is synchronous.
 */
function wink(): WinkMethods {
  if (shared === undefined) {
    const require = createRequire(import.meta.url);
    const open = require('wink-nlp') as typeof winkNLP;
    shared = open(require('wink-eng-lite-web-model') as never, ['sbd', 'pos', 'ner']);
  }
  return shared;
}

/**
 * Dates, times, money, percentages, cardinals and ordinals as wink-nlp's English model sees them, filtered to those with a clear border.
 * The model knows no persons, places or organisations.
 */
export function winkEntities(text: string): (Span & { readonly kind: EntityKind })[] {
  const nlp = wink();
  const document = nlp.readDoc(text);
  const values = document.tokens().out(nlp.its.value) as string[];
  const spaces = document.tokens().out(nlp.its.precedingSpaces) as string[];
  const starts: number[] = [];
  let offset = 0;
  values.forEach((value, i) => {
    offset += spaces[i]!.length;
    starts.push(offset);
    offset += value.length;
  });
  const found: (Span & { kind: EntityKind })[] = [];
  document.entities().each((entity: ItemEntity) => {
    const kind = KINDS.get(entity.out(nlp.its.type as never) as string);
    const value = entity.out();
    const start = starts[entity.tokens().itemAt(0).index()];
    if (kind === undefined || start === undefined || !USABLE.test(value)) return;
    // wink joins an entity's tokens its own way: keep it only where it is literally in the text.
    if (text.startsWith(value, start)) found.push({ start, end: start + value.length, kind });
  });
  return found;
}
