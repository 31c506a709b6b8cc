import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checkArrows } from '../arrows.mjs';
import { moduleSpecifiers } from '../module-specifiers.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'arrows-'));
  manifest('policy', { exports: { '.': {}, './test': {} } });
  manifest('corpus', { exports: { '.': {} } });
  manifest('agent', { exports: { '.': {} }, dependencies: { '@memtrain/policy': '0.1.0', 'pure-rand': '^8.0.0' } });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function manifest(name: string, fields: object): void {
  write(`packages/${name}/package.json`, JSON.stringify({ name: `@memtrain/${name}`, ...fields }, null, 2));
}

describe('good imports', () => {
  test('along the table, to an index or a declared subpath, pass', () => {
    write('packages/agent/src/index.ts', "import type { Model } from '@memtrain/policy';\nexport { read } from './read.ts';\n");
    write('packages/agent/src/read.ts', "import { readFile } from 'node:fs/promises';\nimport { x } from 'pure-rand/generator/x';\n");
    write(
      'packages/agent/test/read.test.ts',
      "import { scriptedModel } from '@memtrain/policy/test';\nimport { read } from '@memtrain/agent';\nimport '../src/read.ts';\nimport fc from 'fast-check';\n",
    );
    write('examples/read/index.ts', "import { read } from '@memtrain/agent';\nimport { corpus } from '@memtrain/corpus';\n");
    expect(checkArrows(root)).toEqual([]);
  });

  test('in comments and texts are no imports; build output is not read', () => {
    write('packages/agent/src/index.ts', "// import '@memtrain/corpus'\nexport const text = \"import '@memtrain/corpus'\";\n");
    write('packages/agent/dist/index.js', "import '@memtrain/corpus';\n");
    expect(checkArrows(root)).toEqual([]);
  });
});

describe('bad imports are told with file and line', () => {
  test.each([
    [
      'a package outside the table',
      'packages/agent/src/a.ts',
      "\n\nimport '@memtrain/corpus';",
      'packages/agent/src/a.ts:3: agent may not import @memtrain/corpus (it may import policy)',
    ],
    [
      'a package outside the table, in a test',
      'packages/policy/test/a.test.ts',
      "import '@memtrain/agent';",
      'packages/policy/test/a.test.ts:1: policy may not import @memtrain/agent (it may import no other package)',
    ],
    ['an inner file', 'packages/agent/src/a.ts', "import '@memtrain/policy/src/model.ts';", 'is an inner file of @memtrain/policy'],
    ['an inner file by a relative path', 'packages/agent/src/a.ts', "import '../../policy/src/model.ts';", 'leaves the package'],
    ['a relative path out of a test', 'packages/agent/test/a.test.ts', "import '../../policy/src/model.ts';", 'leaves the package'],
    ['test doubles in source', 'packages/agent/src/a.ts', "import '@memtrain/policy/test';", 'holds test doubles'],
    ['test code in source', 'packages/agent/src/a.ts', "import '../test/a.ts';", 'is test code'],
    ['itself by name', 'packages/agent/src/a.ts', "import '@memtrain/agent';", 'is this package itself'],
    ['a package that is not declared', 'packages/agent/src/a.ts', "import zod from 'zod';", '"zod" is not among the dependencies'],
    ['a Node module without its prefix', 'packages/agent/src/a.ts', "import fs from 'fs';", 'write "node:fs"'],
    ['an absolute path', 'packages/agent/src/a.ts', "import '/tmp/a.ts';", 'is an absolute path'],
    ['a package that does not exist', 'packages/agent/src/a.ts', "import '@memtrain/nothing';", 'agent may not import @memtrain/nothing'],
  ])('%s', (_name, path, source, message) => {
    write(path, source);
    const faults = checkArrows(root);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^packages\/\S+:\d+: /);
    expect(faults[0]).toContain(message);
  });

  test('a dependency against the table in package.json', () => {
    manifest('corpus', { exports: { '.': {} }, dependencies: { '@memtrain/policy': '0.1.0' } });
    expect(checkArrows(root)).toEqual([
      expect.stringMatching(/^packages\/corpus\/package\.json:\d+: corpus may not depend on @memtrain\/policy/),
    ]);
  });

  test('a package that the table does not know', () => {
    manifest('misc', { exports: { '.': {} } });
    expect(checkArrows(root)).toEqual([expect.stringContaining('packages/misc: not in scripts/package-table.mjs')]);
  });

  test('in every form an import can take', () => {
    write(
      'packages/agent/src/a.ts',
      [
        '#!/usr/bin/env node',
        "import type { A } from '@memtrain/corpus'; // ü",
        "export { b } from '@memtrain/corpus';",
        "export * from '@memtrain/corpus';",
        "const c = await import('@memtrain/corpus');",
        "type D = import('@memtrain/corpus').D;",
        "const e = require('@memtrain/corpus');",
      ].join('\n'),
    );
    expect(checkArrows(root).map((fault: string) => fault.split(':')[1])).toEqual(['2', '3', '4', '5', '6', '7']);
  });
});

test('moduleSpecifiers counts lines past characters of several bytes', () => {
  expect(moduleSpecifiers("const a = '水水水';\n\nimport 'b';")).toEqual([{ specifier: 'b', line: 3 }]);
});
