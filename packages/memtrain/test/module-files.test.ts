import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { moduleFiles, modulePlace } from '../src/training/module-files.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const root = temporaryFolder();

/** Writes files into a folder of their own and returns its path. */
function write(name: string, files: Readonly<Record<string, string>>): string {
  for (const [file, text] of Object.entries(files)) {
    const path = join(root, name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return join(root, name);
}

describe('the files of a module', () => {
  test('are its own and all that it imports by relative paths, in every form, each once', () => {
    const folder = write('forms', {
      'own/reward.mjs': [
        "import { a } from './a.mjs';",
        "import words from '../words.json' with { type: 'json' };",
        'import "./effect.js?fresh";',
        "export { b } from './a.mjs';",
        'const later = () => import(`./later.ts`);',
        "const old = require('./old');",
        "// import { gone } from './gone.mjs';",
        "import { train } from '@memtrain/grpo';",
        "const note = './unread.txt';",
      ].join('\n'),
      'own/a.mjs': "export * from './deep/circle.mjs';",
      'own/deep/circle.mjs': "import '../reward.mjs';",
      'own/effect.js': '',
      'own/later.ts': '',
      'own/old/index.js': '',
      'own/unread.txt': '',
      'words.json': '["./own/unread.txt"]',
    });
    expect(Object.keys(moduleFiles(join(folder, 'own/reward.mjs#name'))).sort()).toEqual(
      ['../words.json', 'a.mjs', 'deep/circle.mjs', 'effect.js', 'later.ts', 'old/index.js', 'reward.mjs'].sort(),
    );
  });

  test('have hashes that follow from the content alone, wherever the folder lies', () => {
    const folder = write('here', { 'reward.mjs': "import './a.mjs';", 'a.mjs': '1' });
    const before = moduleFiles(join(folder, 'reward.mjs'));
    renameSync(folder, join(root, 'there'));
    expect(moduleFiles(join(root, 'there', 'reward.mjs'))).toEqual(before);
    write('there', { 'a.mjs': '2' });
    const after = moduleFiles(join(root, 'there', 'reward.mjs'));
    expect(after['reward.mjs']).toBe(before['reward.mjs']);
    expect(after['a.mjs']).not.toBe(before['a.mjs']);
    expect(after['a.mjs']).toMatch(/^sha256 [0-9a-f]{64}$/);
  });
});

test('a module path is a file and the name of an export', () => {
  expect(modulePlace('/tasks/sums.mjs')).toEqual({ file: '/tasks/sums.mjs', name: 'default' });
  expect(modulePlace('/tasks/c#/sums.mjs#hard')).toEqual({ file: '/tasks/c#/sums.mjs', name: 'hard' });
});
