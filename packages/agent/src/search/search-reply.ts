import type { Finish } from '@memtrain/policy';

/** What a reply asks for. */
export type SearchAction =
  | { readonly kind: 'search'; readonly query: string }
  | { readonly kind: 'answer'; readonly answer: string }
  | { readonly kind: 'invalid' };

/** A reply, read. */
export interface SearchReply {
  /** The reply up to the end of its action: what the next turn sees. */
  readonly text: string;
  /** The state, when there is one. */
  readonly state?: string;
  readonly action: SearchAction;
}

/**
 * The first complete action after the state block counts, and the reply is cut behind it. An action that a stop string or the end of the
 * reply left open counts as closed; one that the token limit cut does not.
 */
export function parseSearchReply(text: string, options: { readonly tag: string; readonly finish: Finish }): SearchReply {
  const { tag, finish } = options;
  const opening = text.indexOf(`<${tag}>`);
  const closing = text.indexOf(`</${tag}>`, Math.max(opening, 0));
  const after = closing < 0 ? 0 : closing + tag.length + 3;
  const state = closing < 0 ? undefined : text.slice(opening < 0 ? 0 : opening + tag.length + 2, closing).trim();
  const base = state === undefined ? {} : { state };
  const found = firstAction(text, after, finish);
  if (!found) return { text, ...base, action: { kind: 'invalid' } };
  const content = found.content.trim();
  const kept = { text: `${text.slice(0, found.start)}<${found.kind}>${found.content}</${found.kind}>`, ...base };
  if (content === '') return { ...kept, action: { kind: 'invalid' } };
  return { ...kept, action: found.kind === 'search' ? { kind: 'search', query: content } : { kind: 'answer', answer: content } };
}

interface Found {
  readonly kind: 'search' | 'answer';
  readonly start: number;
  readonly content: string;
}

function firstAction(text: string, after: number, finish: Finish): Found | undefined {
  const candidates = (['search', 'answer'] as const).flatMap((kind): (Found & { readonly closed: boolean })[] => {
    const start = text.indexOf(`<${kind}>`, after);
    if (start < 0) return [];
    const from = start + kind.length + 2;
    const end = text.indexOf(`</${kind}>`, from);
    return [{ kind, start, content: text.slice(from, end < 0 ? undefined : end), closed: end >= 0 }];
  });
  const sorted = candidates.toSorted((a, b) => a.start - b.start);
  return sorted.find(({ closed }) => closed) ?? (finish === 'stop' ? sorted[0] : undefined);
}
