import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadTokenizer } from '@memtrain/policy';
import { openAiModel } from '@memtrain/policy/openai';
import { byteLevelFiles } from './byte-level-files.ts';
import { scriptedServer, sendJson, tokenAnswer } from './openai/scripted-server.ts';

test("the README's snippet runs as it stands, against a scripted server and a small tokenizer", async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const snippet = /```ts\n([^]*?)```/.exec(readme)![1]!;
  const folder = mkdtempSync(join(tmpdir(), 'policy-readme-'));
  const { baseUrl, seen } = await scriptedServer((response) => sendJson(response, tokenAnswer('Ada', [65, 100, 97], [-1, -1, -1])));
  try {
    const { tokenizer, config } = byteLevelFiles();
    writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
    writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
    let code = snippet.replaceAll(/^import .*\n/gm, '');
    for (const [from, to] of [
      ["'models/qwen3-4b'", JSON.stringify(folder)],
      ['http://127.0.0.1:8000/v1', baseUrl],
    ] as const) {
      expect(code).toContain(from);
      code = code.replace(from, to);
    }
    const printed: unknown[][] = [];
    const print = (...parts: unknown[]): void => void printed.push(parts);
    // oxlint-disable-next-line typescript/no-implied-eval -- the snippet is ours
    const run = new Function('loadTokenizer', 'openAiModel', 'console', `return (async () => {${code}})();`) as (
      ...parts: unknown[]
    ) => Promise<void>;
    await run(loadTokenizer, openAiModel, { log: print, error: print });
    expect(printed).toEqual([['Ada', expect.objectContaining({ completion: Int32Array.of(65, 100, 97), finish: 'stop' })]]);
    expect(seen).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
