/**
 * RULER's metric of its retrieval, tracing and counting tasks: the share of the references that stand in the prediction, upper and lower
 * case alike. An empty reference is in no prediction; 0 without references.
 */
export function stringMatchAll(prediction: string, references: readonly string[]): number {
  return references.length === 0 ? 0 : found(prediction, references) / references.length;
}

/** RULER's metric of its question answering tasks: 1 when any of the references stands in the prediction. */
export function stringMatchPart(prediction: string, references: readonly string[]): number {
  return found(prediction, references) > 0 ? 1 : 0;
}

function found(prediction: string, references: readonly string[]): number {
  // oxlint-disable-next-line no-control-regex -- RULER reads control characters as line ends
  const text = prediction
    .replace(/[\x00-\x1f]/g, '\n')
    .trim()
    .toLowerCase();
  return references.filter((reference) => reference.trim() !== '' && text.includes(reference.toLowerCase())).length;
}
