import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import * as rewards from '@memtrain/rewards';

test("the README's first snippet runs, and gives what its comments say", async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [importLine, ...lines] = /```ts\n([^]*?)```/.exec(readme)![1]!.trimEnd().split('\n');
  expect(importLine).toMatch(/^import \{.*\} from '@memtrain\/rewards';$/);
  // Behind a statement stands its value: `const name = expression; // value` or `expression; // value`.
  const noted = lines.map((line) => {
    const [, name, expression, value] = /^(?:const (\w+) = )?(.+); \/\/ (.+)$/.exec(line) ?? [];
    if (expression === undefined) return line;
    return name === undefined ? `seen.push([${expression}, ${value}]);` : `const ${name} = ${expression}; seen.push([${name}, ${value}]);`;
  });
  const names = importLine!.slice('import'.length, importLine!.indexOf('from'));
  const seen: [unknown, unknown][] = [];
  // oxlint-disable-next-line typescript/no-implied-eval -- the snippet is ours
  const run = new Function('rewards', 'seen', `return (async () => {\nconst ${names} = rewards;\n${noted.join('\n')}\n})();`) as (
    ...parts: unknown[]
  ) => Promise<void>;
  await run(rewards, seen);
  expect(seen).toHaveLength(4);
  for (const [value, said] of seen) expect(value).toEqual(said);
});
