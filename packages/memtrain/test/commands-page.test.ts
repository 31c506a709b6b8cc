import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { executorNames } from '@memtrain/lm';
import { trainConfigSchema } from '../src/config/train-config.ts';
import { runHere } from './support/run-main.ts';

const page = readFileSync(new URL('../../../docs/commands.md', import.meta.url), 'utf8');
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** Names at the beginnings of the lines of one part of a help text. */
function listed(help: string, pattern: RegExp): string[] {
  return [...help.matchAll(pattern)].map(([, name]) => name!);
}

interface Described {
  readonly command: string;
  readonly options: readonly string[];
}

/** Every command that does something, as `--help` describes it. */
async function commands(path: readonly string[] = []): Promise<Described[]> {
  const { stdout } = await runHere([...path, '--help']);
  const below = stdout.split(/^Commands:$/m)[1];
  if (below === undefined) {
    const everywhere = new Set(['--verbose', '--help', '--version']);
    const options = listed(stdout, /^ {2}(?:-\w, )?(--[\w-]+)/gm).filter((name) => !everywhere.has(name));
    return [{ command: path.join(' '), options }];
  }
  const found: Described[] = [];
  for (const name of listed(below, /^ {2}([\w-]+)/gm)) found.push(...(await commands([...path, name])));
  return found;
}

/** The page's text on a command: from its heading to the next one. */
function sectionOf(command: string): string | undefined {
  const start = page.indexOf(`\n## \`memtrain ${command}\`\n`);
  return start < 0 ? undefined : page.slice(start + 1).split(/^#{2,3} /m)[1];
}

test('docs/commands.md has every command with an example, and exactly the options that --help prints', async () => {
  const all = await commands();
  expect(all.length).toBeGreaterThan(15);
  expect(listed(page, /^## `memtrain (.*)`$/gm).sort()).toEqual(all.map(({ command }) => command).sort());
  for (const { command, options } of all) {
    const section = sectionOf(command)!;
    expect(section).toContain(`\nnpx memtrain ${command}`);
    expect({ command, options: listed(section, /^\| `(--[\w-]+)/gm).sort() }).toEqual({ command, options: [...options].sort() });
  }
}, 30_000);

test('docs/commands.md has exactly the settings of training, with their defaults', () => {
  const rows = [
    ...page
      .split('### Settings of training')[1]!
      .split(/^## /m)[0]!
      .matchAll(/^\| `([\w.]+)` +\| (?:`(.*?)`)? *\|/gm),
  ];
  const described = Object.fromEntries(rows.map(([, key, value]) => [key!, value]));
  const defaults = flat(trainConfigSchema.parse({}));
  for (const [key, value] of Object.entries(defaults)) expect({ [key]: described[key] }).toEqual({ [key]: String(value) });
  const optional = rows.filter(([, , value]) => value === undefined).map(([, key]) => key!);
  expect(Object.keys(described).sort()).toEqual([...Object.keys(defaults), ...optional].sort());
  for (const key of optional) expect(acceptable(key)).toBe(true);
});

test('--executor names every executor, here and among the settings', async () => {
  for (const command of ['generate', 'score', 'serve-model']) {
    const { stdout } = await runHere([command, '--help']);
    for (const text of [stdout.replace(/\s+/g, ' '), sectionOf(command)!]) {
      for (const name of executorNames) expect(text).toMatch(new RegExp(`[ ,]${name}[ ,;]`));
    }
  }
  const row = page.split('\n').find((line) => line.startsWith('| `model.executor`'));
  for (const name of executorNames) expect(row).toContain(`\`${name}\``);
}, 30_000);

test('the README has a row for every command', async () => {
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
  for (const { command } of await commands()) expect(rows.some((row) => row.includes(`\`${command}\``))).toBe(true);
}, 30_000);

function flat(value: object, path = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]): [string, unknown][] =>
      typeof one === 'object' && one !== null ? Object.entries(flat(one as object, `${path}${key}.`)) : [[path + key, one]],
    ),
  );
}

/** Whether the schema knows the key: a value of no type is then refused for its type, not for its name. */
function acceptable(key: string): boolean {
  const nested = key.split('.').reduceRight<unknown>((value, name) => ({ [name]: value }), { no: 'such value' });
  const { error } = trainConfigSchema.safeParse(nested);
  return error !== undefined && error.issues.some((issue) => issue.code !== 'unrecognized_keys' && issue.path.join('.') === key);
}
