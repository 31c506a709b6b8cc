/** What a retriever's server says that it searches (`GET /health` of `memtrain serve-retriever`); undefined where it says nothing. */
export async function retrieverCorpus(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(new URL('/health', url), { signal: AbortSignal.timeout(5000) });
    if (!response.ok) return undefined;
    const { kind, passages, corpus } = (await response.json()) as Partial<Record<string, unknown>>;
    return corpus === undefined ? undefined : JSON.stringify({ kind, passages, corpus });
  } catch {
    // Search-R1's own server has no such path.
    return undefined;
  }
}
