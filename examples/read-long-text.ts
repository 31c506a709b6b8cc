/** The memory agent reads a text chunk by chunk in constant context. Here the shipped miniature model reads its synthetic world. */
import { miniatureTemplate, readEvents } from '@memtrain/agent';
import { createWorld, questionDocument, randomFromSeed } from '@memtrain/corpus';
import { loadLanguageModel } from '@memtrain/lm';
import { wordTokenizer } from '@memtrain/policy';

const world = createWorld(0);
const document = questionDocument(world, randomFromSeed(3), { chunks: 6 });
const backbone = new URL('../packages/memtrain/assets/backbone', import.meta.url).pathname;
const engine = await loadLanguageModel(backbone, { tokenizer: wordTokenizer(world.vocabulary) });
const options = { problem: document.problem, template: miniatureTemplate, memoryTokens: 13, answerTokens: 1, temperature: 0 };

console.log('problem:', document.problem);
for await (const event of readEvents(await engine.model(), document.chunks, options)) console.log(event);
console.log('gold answer:', document.answer);
await engine.dispose();
