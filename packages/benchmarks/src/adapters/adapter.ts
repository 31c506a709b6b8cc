import type { BenchmarkItem, MetricName } from '../items/benchmark-item.ts';

export interface AdapterOptions {
  /** HotpotQA's questions with their ten paragraphs (`hotpot_dev_distractor_v1.json`): for the document-id form, and as evidence. */
  readonly documents?: string;
}

/** A benchmark's format. A new one is a file with such an object, and a line in the registry. */
export interface Adapter {
  /** What it is, in a few words. */
  readonly title: string;
  /** The metric that its authors report. */
  readonly headline: MetricName;
  /** The questions of one file, as they stand in it; their texts are opened later. Throws `BenchmarkError` (`bad-data`). */
  items(path: string, options: AdapterOptions): AsyncIterable<BenchmarkItem>;
}
