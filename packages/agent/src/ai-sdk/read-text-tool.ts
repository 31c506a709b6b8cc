import type { Model } from '@memtrain/policy';
import { z } from 'zod';
import { read } from '../read/read.ts';
import type { ReadOptions } from '../read/read.ts';
import type { TextSource } from '../read/text-source.ts';

export interface ReadTextToolOptions extends Omit<ReadOptions, 'problem' | 'resume' | 'signal'> {
  /** Tells the caller's model what the text is. */
  readonly description?: string;
}

/** A tool of the AI SDK. */
export interface ReadTextTool {
  readonly description: string;
  readonly inputSchema: z.ZodObject<{ question: z.ZodString }>;
  execute(input: { question: string }, options: { abortSignal?: AbortSignal }): Promise<string>;
}

/**
 * Reading as a tool of the AI SDK, for `generateText({ tools: { askReport: readTextTool(model, { file: 'report.txt' }) } })`: another
 * model asks questions about a text that is far too long for its context. The text is fixed here, so no caller can name a file.
 */
export function readTextTool(
  model: Model,
  text: Exclude<TextSource, AsyncIterable<unknown>>,
  options: ReadTextToolOptions = {},
): ReadTextTool {
  const { description = 'Reads a long text from beginning to end and answers a question about it.', ...reading } = options;
  return {
    description,
    inputSchema: z.object({ question: z.string().min(1).describe('the question to answer from the text') }),
    execute: ({ question }, { abortSignal }) =>
      read(model, text, { ...reading, problem: question, ...(abortSignal ? { signal: abortSignal } : {}) }),
  };
}
