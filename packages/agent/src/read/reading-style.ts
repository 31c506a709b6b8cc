import type { Completion } from '@memtrain/policy';
import { checkIntegers } from '../check-options.ts';
import { AgentError } from '../errors.ts';
import { memAgentTemplate } from '../templates/memagent-template.ts';
import { memoryParser } from './memory-parser.ts';
import type { MemoryParser } from './memory-parser.ts';
import { miniatureTemplate } from '../templates/miniature-template.ts';
import type { PromptTemplate } from '../templates/prompt-template.ts';

/** Names of the templates that come with this package. */
export type TemplateName = 'memagent' | 'miniature';

/** What becomes of a memory that is cut or empty: it is kept, the one before it stays, or the reading ends. */
export type MemoryRule = 'keep' | 'previous' | 'fail';

/** Wording, limits and rules of a reading. */
export interface ReadStepOptions {
  /** One of this package's by its name, or your own. */
  readonly template: PromptTemplate | TemplateName;
  /** Most tokens of a memory, end-of-sequence token included. */
  readonly memoryTokens: number;
  /** Most tokens of the last reply, end-of-sequence token included. */
  readonly answerTokens: number;
  /**
   * `memory-first` (default) is MemAgent's order. `chunk-first` puts what all readings of a document share before what differs: the G1
   * updates at one step then have everything but the memory as a common prefix, which engines with a prefix cache compute once.
   * It is another prompt, so train and use a model with the same one.
   */
  readonly layout?: 'memory-first' | 'chunk-first';
  /** What stands for the memory before the first chunk. Default: the template's. */
  readonly firstMemory?: string;
  /** Where a reply's memory is. Default: the template's rule. */
  readonly memoryParser?: MemoryParser;
  /** For a memory that the token limit cut. Default `keep`. */
  readonly truncatedMemory?: MemoryRule;
  /** For a memory of no text. Default `keep`. */
  readonly emptyMemory?: MemoryRule;
  /** The model's context. When given, the largest prompt and its reply are checked against it before any call. */
  readonly contextTokens?: number;
}

/** `ReadStepOptions` checked and completed. */
export interface ReadingStyle {
  readonly template: PromptTemplate;
  /** Name of the memory parser: `template` for the template's own, `function` for one that was passed. */
  readonly parser: string;
  readonly memoryTokens: number;
  readonly answerTokens: number;
  readonly truncatedMemory: MemoryRule;
  readonly emptyMemory: MemoryRule;
}

const templates: Readonly<Record<TemplateName, PromptTemplate>> = { memagent: memAgentTemplate, miniature: miniatureTemplate };

/** Throws `AgentError` (`bad-options`). */
export function readingStyle(options: ReadStepOptions): ReadingStyle {
  const { memoryTokens, answerTokens, layout = 'memory-first', firstMemory, memoryParser: parser } = options;
  const { truncatedMemory = 'keep', emptyMemory = 'keep' } = options;
  checkIntegers({ memoryTokens, answerTokens }, 1);
  let template = typeof options.template === 'string' ? templates[options.template] : options.template;
  if (!template) {
    throw new AgentError(
      'bad-options',
      `there is no template ${JSON.stringify(options.template)}: give one of ${Object.keys(templates).join(', ')}, or an object`,
    );
  }
  if (layout === 'chunk-first') {
    const { updateChunkFirst: update } = template;
    if (!update) {
      throw new AgentError('bad-options', `the template "${template.name}" has no chunk-first layout: add updateChunkFirst to it`);
    }
    template = { ...template, update };
  }
  if (firstMemory !== undefined) template = { ...template, emptyMemory: firstMemory };
  if (parser !== undefined) template = { ...template, parseMemory: memoryParser(parser) };
  const name = typeof parser === 'function' ? 'function' : (parser ?? 'template');
  return { template, parser: name, memoryTokens, answerTokens, truncatedMemory, emptyMemory };
}

/** The memory after a reply. `bad`: by the rules, the reading ends here. */
export function nextMemory(
  style: ReadingStyle,
  previous: string,
  completion: Completion,
): { readonly memory: string; readonly bad?: 'truncated' | 'empty' } {
  const memory = style.template.parseMemory(completion.text);
  const faults = [
    { fault: 'empty', rule: style.emptyMemory, there: memory === '' },
    { fault: 'truncated', rule: style.truncatedMemory, there: completion.finish === 'length' },
  ] as const;
  for (const { fault, rule, there } of faults) {
    if (there && rule === 'fail') return { memory, bad: fault };
    if (there && rule === 'previous') return { memory: previous };
  }
  return { memory };
}
