// Run by mcp.test.ts in a process of its own, as an MCP client would start it.
import { serveMemoryOverStdio } from '@memtrain/agent/mcp';
import type { Model } from '@memtrain/policy';

const model: Model = {
  async *complete(requests) {
    for (const [index, request] of requests.entries()) {
      const text = JSON.stringify(request.prompt);
      // A client that gets the last progress and the result in one piece may drop the first, so the answer takes its time.
      if (text.includes('Your answer:')) await new Promise((resolve) => setTimeout(resolve, 300));
      if (text.includes('fail please')) yield { index, error: new Error('503') };
      else yield { index, finish: 'stop', text: text.includes('Your answer:') ? '\\boxed{4711}' : 'the code is 4711' };
    }
  },
};

serveMemoryOverStdio({
  model,
  folder: process.argv[2]!,
  reading: { chunkTokens: 8 },
  retriever: (query) => [{ title: 'Anna', text: `${query} was born in Rome.` }],
});
