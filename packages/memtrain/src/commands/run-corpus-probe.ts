import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { documentSchema, dropDocuments, probeLeaks } from '@memtrain/corpus';
import type { AnswerQuestion, CorpusDocument } from '@memtrain/corpus';
import type { Model } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';
import { MemtrainError } from '../errors.ts';
import { openSavedModel } from '../model/open-model.ts';
import { writeJson } from '../run/write-json.ts';
import { requireFile } from '../run/read-file.ts';
import type { CommandContext } from './context.ts';
import type { CorpusProbeOptions } from './corpus-probe.ts';

/** Does what `memtrain corpus probe` was asked for. */
export async function runCorpusProbe(path: string, options: CorpusProbeOptions, context: CommandContext): Promise<void> {
  requireFile(path, 'documents');
  const { model, dispose } = await openModel(options);
  const task = context.progress.task('probing documents', undefined);
  const { concurrency, out, dropTo } = options;
  try {
    const report = await probeLeaks(documentsOf(path), askModel(model, options.answerTokens, context.signal), {
      concurrency,
      onProgress: (done) => task.update(done),
    });
    const { documents, solved, questionOnly, emptyMemory, byType, solvedIds } = report;
    context.print(`${solved} of ${documents} answers known without reading (${percent(solved, documents)})`);
    context.print(`by the question alone ${questionOnly}, with an empty memory ${emptyMemory}`);
    for (const [type, own] of Object.entries(byType)) {
      if (own.solved > 0) context.print(`  ${type}: ${own.solved} of ${own.documents} (${percent(own.solved, own.documents)})`);
    }
    if (out !== undefined) await writeJson(out, report);
    if (dropTo === undefined) return;
    const { kept } = await dropDocuments(path, { ids: solvedIds, out: dropTo });
    context.print(`${kept} documents written: ${dropTo}`);
  } finally {
    task.finish();
    await dispose();
  }
}

async function openModel(options: CorpusProbeOptions): Promise<{ readonly model: Model; dispose(): Promise<void> }> {
  const { baseUrl, model, adapter, server, apiKeyEnv, concurrency } = options;
  if (baseUrl === undefined) {
    const { learner } = await openSavedModel(model, { adapter });
    return { model: await learner.model(), dispose: () => learner.dispose() };
  }
  if (adapter !== undefined)
    throw new MemtrainError('usage', '--adapter goes with a model folder, not with --base-url: leave one of them out');
  const key = apiKeyEnv === undefined ? {} : { apiKey: { env: apiKeyEnv } };
  return { model: openAiModel({ model, baseUrl, server, concurrency, tokenIds: false, ...key }), dispose: async () => undefined };
}

function askModel(model: Model, maxTokens: number, signal: AbortSignal): AnswerQuestion {
  // A tokenizer without a template, as models trained here have, knows no roles.
  const isChat = model.tokenizer === undefined || model.tokenizer.encodeChat !== undefined;
  return async (question, memory) => {
    const shown = memory === '' ? '' : `Memory: ${memory}\n\n`;
    const content = `${shown}${question}\nPut the answer in \\boxed{}.`;
    const prompt = isChat ? [{ role: 'user' as const, content }] : content;
    for await (const result of model.complete([{ prompt, seed: 0 }], { maxTokens, temperature: 0, signal })) {
      if ('error' in result) throw result.error;
      return result.text;
    }
    throw new MemtrainError('not-available', 'the model gave no answer: look at its log');
  };
}

async function* documentsOf(path: string): AsyncGenerator<CorpusDocument> {
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    line++;
    if (text.trim() !== '') yield documentOf(text, `${path}: line ${line}`);
  }
}

function documentOf(text: string, where: string): CorpusDocument {
  try {
    return documentSchema.parse(JSON.parse(text)) as CorpusDocument;
  } catch (cause) {
    throw new MemtrainError('bad-file', `${where} is no document: memtrain corpus check names what is wrong`, { cause });
  }
}

function percent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Math.round((1000 * part) / whole) / 10} %`;
}
