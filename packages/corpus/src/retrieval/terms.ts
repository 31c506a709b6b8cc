const STOP_WORDS = new Set(
  (
    'a about after all also an and any are as at be been before being between both but by can could did do does during ' +
    'each for from had has have he her here ' +
    'hers him his how i if in into is it its just many may me more most my no nor not of on one only or other our out over ' +
    'own she so some such than that the ' +
    'their them then there these they this those through to too under until up very was we were what when where which ' +
    'while who whom why will with would you your'
  ).split(' '),
);

/** Search terms of a text: lower-case runs of letters and digits, English stop words left out. */
export function terms(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).filter((term) => !STOP_WORDS.has(term));
}
