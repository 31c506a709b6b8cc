/** Prompt of a memory update: `<q> PROBLEM <mem> MEMORY <chk> CHUNK <upd>`. */
export function updatePrompt(problem: string, memory: string, chunk: string): string {
  return words('<q>', problem, '<mem>', memory, '<chk>', chunk, '<upd>');
}

/** Prompt of the answer: `<q> PROBLEM <mem> MEMORY <ans>`. */
export function answerPrompt(problem: string, memory: string): string {
  return words('<q>', problem, '<mem>', memory, '<ans>');
}

/** Prompt of memory recall: `<q> which [TARGET] ? <mem> MEMORY <chk> CHUNK <ans>`, an entity of the chunk replaced by `[TARGET]`. */
export function recallPrompt(memory: string, maskedChunk: string): string {
  return words('<q>', 'which [TARGET] ?', '<mem>', memory, '<chk>', maskedChunk, '<ans>');
}

function words(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
