import { existsSync, readFileSync } from 'node:fs';
import { readEvents, textTemplate } from '@memtrain/agent';
import type { PromptTemplate, ReadEvent, ReadOptions, TemplateTexts } from '@memtrain/agent';
import { loadTokenizer } from '@memtrain/policy';
import type { Model } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';
import { MemtrainError } from '../errors.ts';
import { openSavedModel } from '../model/open-model.ts';
import { templateFor } from '../model/template-for.ts';
import type { CommandContext } from './context.ts';
import type { ReadCommandOptions } from './read.ts';

/** Does what `memtrain read` was asked for. */
export async function runReadCommand(options: ReadCommandOptions, context: CommandContext): Promise<void> {
  const source = options.file === '-' ? process.stdin : { file: options.file };
  if (options.file !== '-' && !existsSync(options.file)) throw new MemtrainError('no-file', `no file at ${options.file}: check the path`);
  const { model, template, dispose } = await openReader(options);
  try {
    for await (const event of readEvents(model, source, readOptions(options, template, context.signal))) {
      for (const line of options.json ? [JSON.stringify(event)] : linesOf(event)) context.print(line);
    }
  } finally {
    await dispose();
  }
}

interface Reader {
  readonly model: Model;
  readonly template: PromptTemplate | undefined;
  dispose(): Promise<void>;
}

async function openReader(options: ReadCommandOptions): Promise<Reader> {
  const own = options.template === undefined ? undefined : textTemplate(readTexts(options.template));
  if (options.modelFolder !== undefined) {
    const { learner } = await openSavedModel(options.modelFolder, options);
    return { model: await learner.model(), template: own ?? templateFor(learner.tokenizer), dispose: () => learner.dispose() };
  }
  const { model, baseUrl, apiKeyEnv, server } = options;
  const tokenizer = options.tokenizer === undefined ? undefined : await loadTokenizer(options.tokenizer);
  const endpoint = openAiModel({
    model: model!,
    server,
    tokenIds: false,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(apiKeyEnv === undefined ? {} : { apiKey: { env: apiKeyEnv } }),
    ...(tokenizer ? { tokenizer, api: 'chat' as const } : {}),
  });
  return { model: endpoint, template: own, dispose: async () => undefined };
}

function readOptions(options: ReadCommandOptions, template: PromptTemplate | undefined, signal: AbortSignal): ReadOptions {
  const { question, chunkTokens, memoryTokens, answerTokens, contextTokens, truncateTo, layout, temperature, seed, resume } = options;
  const last = resume === undefined ? undefined : lastMemory(resume);
  return {
    problem: question,
    chunkTokens,
    memoryTokens,
    answerTokens,
    layout,
    temperature,
    seed,
    signal,
    ...(template ? { template } : {}),
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(truncateTo === undefined ? {} : { truncation: { kind: 'centre' as const, tokens: truncateTo } }),
    ...(last ? { resume: last } : {}),
  };
}

/** What a person reads: each memory as it is written, and the answer. */
function linesOf(event: ReadEvent): string[] {
  if (event.kind === 'chunk') return [];
  if (event.kind === 'answer') return [`answer: ${event.answer ?? event.text.trim()}`];
  const place = `${event.index + 1}${event.total === undefined ? '' : ` of ${event.total}`}`;
  return [`memory after chunk ${place}${event.finish === 'length' ? ' (cut by the token limit)' : ''}:`, event.memory, ''];
}

/** The last memory of a file of events; undefined when there is none yet. A torn last line is what a stopped run left. */
function lastMemory(path: string): { readonly index: number; readonly memory: string } | undefined {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  let last: { index: number; memory: string } | undefined;
  for (const [number, line] of lines.entries()) {
    const event = parseJson(line) as Partial<ReadEvent> | undefined;
    if (event?.kind === undefined) {
      throw new MemtrainError(
        'bad-file',
        `line ${number + 1} of ${path} is no event of memtrain read --json: give what such a run printed`,
      );
    }
    if (event.kind === 'memory') last = event as ReadEvent & { kind: 'memory' };
  }
  return last;
}

function readTexts(path: string): TemplateTexts {
  const texts = parseJson(readFileSync(path, 'utf8')) as Partial<TemplateTexts> | undefined;
  if (typeof texts?.name === 'string' && typeof texts.update === 'string' && typeof texts.answer === 'string')
    return texts as TemplateTexts;
  throw new MemtrainError('bad-file', `${path} is no template: give JSON with the texts "name", "update" and "answer"`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
