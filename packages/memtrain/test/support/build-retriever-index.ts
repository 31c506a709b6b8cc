// Run by serve-retriever-index.test.ts in a process of its own, to be killed: corpus, folder, passages of a part.
import { buildRetrieverIndex } from '../../src/commands/serve-retriever-index.ts';

const [corpus, folder, partRows] = process.argv.slice(2);
await buildRetrieverIndex(corpus!, folder!, {
  partRows: Number(partRows),
  onProgress: ({ rows }) => void process.stdout.write(`${rows}\n`),
});
