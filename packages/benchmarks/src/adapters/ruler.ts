import { basename } from 'node:path';
import { z } from 'zod';
import { BenchmarkError } from '../errors.ts';
import { checkRecord } from '../items/check-record.ts';
import type { ItemText } from '../items/benchmark-item.ts';
import { readStoredValue } from '../items/json-array.ts';
import type { StoredPlace } from '../items/json-array.ts';
import { storedString } from '../items/stored-string.ts';
import { readRecords } from '../items/read-records.ts';
import type { Adapter } from './adapter.ts';

/** RULER's 13 tasks. */
export const rulerTasks = [
  'niah_single_1',
  'niah_single_2',
  'niah_single_3',
  'niah_multikey_1',
  'niah_multikey_2',
  'niah_multikey_3',
  'niah_multivalue',
  'niah_multiquery',
  'vt',
  'cwe',
  'fwe',
  'qa_1',
  'qa_2',
] as const;
export type RulerTask = (typeof rulerTasks)[number];

const record = z.object({
  index: z.union([z.number(), z.string()]).optional(),
  input: z.string(),
  /** In MemAgent's files and ours; RULER's own have text and question together in `input`. */
  context: z.string().optional(),
  outputs: z.array(z.string()).min(1),
  task: z.string().optional(),
  max_length: z.number().optional(),
  evidence: z.array(z.string()).optional(),
});

/**
 * A task of RULER: its own JSON lines (`validation.jsonl`), MemAgent's `eval_{task}_{length}.json`, or ours. The task is read from a field,
 * the file's name or its folder's. Where text and question stand together, the question is the last paragraph.
 */
export const ruler: Adapter = {
  title: 'the 13 tasks of RULER, from its files, MemAgent’s or our generators',
  headline: 'string-match',
  async *items(path) {
    let number = 0;
    for await (const { value, start, end } of readRecords(path)) {
      const found = checkRecord(record, value, `${path}, record ${++number}`);
      const task = taskOf(found.task, path);
      const length = lengthOf(path, found.max_length);
      const { question, context } = parts(found);
      const { outputs: answers, evidence } = found;
      yield {
        id: `${task}/${length}/${found.index ?? number - 1}`,
        question,
        // Any reference counts in the two question answering tasks, all in the others.
        gold: { kind: task.startsWith('qa') ? 'any' : 'all', answers },
        group: `${task} ${length}`,
        text: storedContext(path, { start, end }, { characters: context.length, apart: found.context !== undefined }),
        ...(evidence ? { evidence: () => evidence } : {}),
      };
    }
  },
};

/** The text, to be read from the file again; `apart`: it stands in a field of its own. */
function storedContext(
  path: string,
  at: StoredPlace,
  { characters, apart }: { readonly characters: number; readonly apart: boolean },
): ItemText {
  if (apart) return { characters, open: () => storedString(path, { ...at, field: 'context' }) };
  return { characters, open: async () => parts((await readStoredValue(path, at)) as z.infer<typeof record>).context };
}

function parts(found: { readonly input: string; readonly context?: string | undefined }): { question: string; context: string } {
  const { input, context } = found;
  if (context !== undefined) return { question: input, context };
  const end = input.lastIndexOf('\n', input.trimEnd().length - 1);
  return { question: input.slice(end + 1).trim(), context: input.slice(0, Math.max(0, end)) };
}

function taskOf(given: string | undefined, path: string): RulerTask {
  const text = given ?? path;
  const task = [...rulerTasks].sort((a, b) => b.length - a.length).find((name) => text.includes(name));
  if (task) return task;
  throw new BenchmarkError(
    'bad-data',
    `${path}: no task of RULER in its name: call it eval_TASK_LENGTH.json, with one of ${rulerTasks.join(', ')}`,
  );
}

/** From the file's name, the name of a folder above it (RULER's own layout), or the record. */
function lengthOf(path: string, length: number | undefined): string {
  const named = /_(\d{3,})\.jsonl?$/.exec(basename(path)) ?? /[\\/](\d{3,})[\\/]/.exec(path);
  return named?.[1] ?? (length === undefined ? 'any length' : String(length));
}
