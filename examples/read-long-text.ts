/**
 * The memory agent reads a text chunk by chunk in constant context, and shows its memory as it goes.
 * Without arguments the shipped miniature model reads its synthetic world; with FILE QUESTION URL MODEL, any OpenAI-compatible
 * endpoint reads any text file.
 */
import { readEvents } from '@memtrain/agent';
import type { ReadOptions, TextSource } from '@memtrain/agent';
import { createWorld, questionDocument, randomFromSeed } from '@memtrain/corpus';
import { loadLanguageModel } from '@memtrain/lm';
import { wordTokenizer } from '@memtrain/policy';
import type { Model } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';

const [file, question, baseUrl, name] = process.argv.slice(2);
if (file !== undefined && question !== undefined && baseUrl !== undefined && name !== undefined) {
  await show(openAiModel({ model: name, baseUrl }), { file }, { problem: question });
} else {
  const world = createWorld(0);
  const { problem, chunks, answer } = questionDocument(world, randomFromSeed(3), { chunks: 6 });
  const backbone = new URL('../packages/memtrain/assets/backbone', import.meta.url).pathname;
  const engine = await loadLanguageModel(backbone, { tokenizer: wordTokenizer(world.vocabulary) });
  await show(await engine.model(), chunks, { problem, template: 'miniature', memoryTokens: 13, answerTokens: 1, temperature: 0 });
  console.log('gold answer:', answer);
  await engine.dispose();
}

async function show(model: Model, text: TextSource, options: ReadOptions): Promise<void> {
  console.log('problem:', options.problem);
  for await (const event of readEvents(model, text, options)) {
    if (event.kind === 'memory') console.log(`memory after chunk ${event.index + 1}: ${event.memory}`);
    if (event.kind === 'answer') console.log('answer:', event.answer ?? event.text);
  }
}
