// The server that openenv-client.py is run against.
import { readingEpisodes, serveOpenEnv } from '@memtrain/agent/openenv';

const episodes = readingEpisodes({
  template: 'miniature',
  memoryTokens: 12,
  answerTokens: 3,
  documents: [
    { id: 'right', chunks: ['e1 w1 [MASK]', 'w2 e7'], gold: ['e7'] },
    { id: 'wrong', chunks: ['e1 w1 [MASK]', 'e7 w2'], gold: ['e7'] },
  ],
  rewards: {
    recall: () => 0,
    endToEnd: (answer, gold) => {
      const outcome = answer !== undefined && gold.includes(answer) ? 1 : 0;
      return { reward: outcome, outcome };
    },
  },
});
const { url } = await serveOpenEnv({ name: 'memtrain', episodes });
console.log(url);
