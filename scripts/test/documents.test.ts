import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const packages = readdirSync(join(root, 'packages')).filter((name) => existsSync(join(root, 'packages', name, 'package.json')));

const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['docs', 'docs/decisions', 'docs/results', 'examples', ...packages.map((name) => `packages/${name}`)].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];

/** What a reader of the page sees as links: code is left out. */
function prose(page: string): string {
  return read(page)
    .replace(/^(```+)[^]*?^\1/gm, '')
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));
}

function headings(page: string): string[] {
  return [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
    text!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-'),
  );
}

test.each(pages)('%s links to files and headings that are there', (page) => {
  const links = [...prose(page).matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
  const broken = links.filter(([, path, heading]) => {
    const target = path === '' ? page : relative(root, join(root, dirname(page), path!));
    if (!existsSync(join(root, target))) return true;
    return heading !== undefined && target.endsWith('.md') && !headings(target).includes(heading);
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

test.each(packages)('the package %s stands in the tables of README.md and docs/architecture.md', (name) => {
  const rowOf = (page: string, cell: string): string | undefined =>
    read(page)
      .split('\n')
      .find((line) => line.startsWith('| ') && line.includes(cell));
  expect(rowOf('README.md', `[\`${name}\`](packages/${name})`)).toBeDefined();
  expect(rowOf('docs/architecture.md', `\`${name}\``)).toBeDefined();
});

test('docs/decisions/README.md lists every decision', () => {
  const files = readdirSync(join(root, 'docs/decisions')).filter((name) => name !== 'README.md');
  const list = read('docs/decisions/README.md');
  expect(files.filter((name) => !list.includes(`(${name})`))).toEqual([]);
});

test.each(packages)('every runtime dependency and peer of %s has a reason in docs/decisions', (name) => {
  const { dependencies = {}, peerDependencies = {} } = JSON.parse(read(`packages/${name}/package.json`)) as Record<string, object>;
  const records = readdirSync(join(root, 'docs/decisions'))
    .map((file) => read(`docs/decisions/${file}`))
    .join('\n');
  const foreign = Object.keys({ ...dependencies, ...peerDependencies }).filter((dependency) => !dependency.startsWith('@memtrain/'));
  expect(foreign.filter((dependency) => !records.includes(`\`${dependency}\``))).toEqual([]);
});

test('docs/custom-reward.md shows the reward that the tests of rewards run', () => {
  const reward = /```js\n\/\/ short-answers\.mjs\n[^]*?```/;
  const shown = reward.exec(read('docs/custom-reward.md'))?.[0];
  expect(shown).toBeDefined();
  expect(shown).toBe(reward.exec(read('packages/rewards/README.md'))?.[0]);
});

/** The blocks of TypeScript of a page that import something; others are outlines. */
function snippets(page: string): string[] {
  return [...read(page).matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => code!).filter((code) => code.includes('import '));
}

/** Runs `use` with a folder inside of the repository, from which the packages are found by name. */
async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, 'node_modules/.cache/snippets-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const runNode = (args: readonly string[]): Promise<{ readonly stdout: string }> =>
  promisify(execFile)(process.execPath, args, { cwd: root, env: { ...process.env, NODE_OPTIONS: '' } });

describe('TypeScript on the pages', () => {
  test('has the types of the packages', () =>
    withFolder(async (folder) => {
      const shown = pages.filter((page) => /^(README\.md|docs\/[^/]*|(packages\/\w[^/]*|examples)\/README\.md)$/.test(page));
      const blocks = shown.flatMap((page) => snippets(page).map((code) => ({ page, code })));
      expect(blocks.length).toBeGreaterThan(12);
      const given = "declare global { const folder: string; const longText: string; const model: import('@memtrain/policy').Model; }\n";
      for (const [index, { page, code }] of blocks.entries()) {
        writeFileSync(join(folder, `${page.replace(/\W/g, '-')}-${index}.ts`), `${code}\nexport {};\n${index === 0 ? given : ''}`);
      }
      writeFileSync(
        join(folder, 'tsconfig.json'),
        JSON.stringify({ extends: '../../../tsconfig.test.json', compilerOptions: { typeRoots: ['../../@types'] }, include: ['*.ts'] }),
      );
      const errors = await runNode([join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]).then(
        () => '',
        (error: unknown) => (error as { stdout: string }).stdout || String(error),
      );
      // Those of the packages themselves are the business of `npm run types`.
      expect(errors.split('\n').filter((line) => /^\S*snippets-|^Error/.test(line))).toEqual([]);
    }));

  test("README.md's reader answers through a scripted endpoint, and its rewards and advantages have the values that are noted", () =>
    withFolder(async (folder) => {
      const server = createServer((request, response) => {
        let body = '';
        request.on('data', (data: Buffer) => (body += data.toString()));
        request.on('end', () => {
          const content = body.includes('Your answer:') ? '\\boxed{Ada}' : 'Ada founded it.';
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] }));
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const [reader = '', , ...noted] = snippets('README.md');
        const file = join(folder, 'report.txt');
        writeFileSync(file, 'word '.repeat(8000));
        const { port } = server.address() as AddressInfo;
        expect(reader).toContain("'report.txt'");
        expect(reader).toContain('127.0.0.1:8000');
        const asked = reader.replace("'report.txt'", JSON.stringify(file)).replace('127.0.0.1:8000', `127.0.0.1:${port}`);
        // A line `expression; // value` or `const name = expression; // value`; words may follow the value.
        const value = /(\[.*\]|\{.*\}|[\d.]+)/.source;
        const values = noted.flatMap((block) => [...block.matchAll(new RegExp(`^(?:const (\\w+) = )?.+; // ${value}`, 'gm'))]);
        expect(values).toHaveLength(4);
        const code = noted.join('\n').replace(new RegExp(`^(?!const )(.+); // ${value}.*$`, 'gm'), 'seen.push($1);');
        const named = values.flatMap(([, name]) => (name === undefined ? [] : [`seen.splice(1, 0, ${name});`]));
        writeFileSync(join(folder, 'read.mts'), `${asked}\nconsole.log(answer);\n`);
        writeFileSync(
          join(folder, 'values.mts'),
          `const seen: unknown[] = [];\n${code}\n${named.join('\n')}\nconsole.log(JSON.stringify(seen));\n`,
        );
        const run = async (name: string): Promise<string> =>
          (await runNode(['--conditions=@memtrain/source', '--import', 'tsx', join(folder, name)])).stdout;
        expect(await run('read.mts')).toBe('Ada\n');
        const expected = values.map(([, , said]) => said!.replace(/(\w+):/g, '"$1":'));
        expect(await run('values.mts')).toBe(`${JSON.stringify(expected.map((one) => JSON.parse(one) as unknown))}\n`);
      } finally {
        server.close();
      }
    }));
});
