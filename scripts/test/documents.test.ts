import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

describe('TypeScript in README.md and docs', () => {
  test('has the types of the packages', async () => {
    const blocks = ['README.md', ...pages.filter((page) => /^docs\/[^/]*$/.test(page))].flatMap((page) =>
      [...read(page).matchAll(/^```ts\n([^]*?)^```/gm)]
        .map(([, code]) => code!)
        // A block without imports is an outline.
        .filter((code) => code.includes('import '))
        .map((code) => ({ page, code })),
    );
    expect(blocks.length).toBeGreaterThan(2);
    mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
    // Inside of the repository, so that the packages are found by name.
    const folder = mkdtempSync(join(root, 'node_modules/.cache/snippets-'));
    try {
      const given = 'declare global { const folder: string; const longText: string; }\n';
      for (const [index, { page, code }] of blocks.entries()) {
        writeFileSync(join(folder, `${page.replace(/\W/g, '-')}-${index}.ts`), `${code}\nexport {};\n${index === 0 ? given : ''}`);
      }
      writeFileSync(
        join(folder, 'tsconfig.json'),
        JSON.stringify({ extends: '../../../tsconfig.test.json', compilerOptions: { typeRoots: ['../../@types'] }, include: ['*.ts'] }),
      );
      const run = promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { cwd: root });
      const errors = await run.then(
        () => '',
        (error: unknown) => (error as { stdout: string }).stdout || String(error),
      );
      expect(errors).toBe('');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
