#!/usr/bin/env node
/** After a build: every package has a README, and a packed form that publint and "are the types wrong" accept. Exits 1 with what is wrong. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tool = (name) => join(root, 'node_modules', '.bin', name);
const packed = mkdtempSync(join(tmpdir(), 'packed-'));
const problems = [];

function check(what, command, args, cwd = root) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) problems.push(`${what}: ${command} ${args.join(' ')} failed\n${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`);
  return status === 0;
}

try {
  for (const name of readdirSync(join(root, 'packages'))) {
    const folder = join(root, 'packages', name);
    if (!existsSync(join(folder, 'package.json'))) continue;
    if (!existsSync(join(folder, 'README.md'))) problems.push(`packages/${name}: README.md is missing: it is the package's page on npm`);
    if (!existsSync(join(folder, 'dist', 'index.js'))) {
      problems.push(`packages/${name}: dist/index.js is missing: run npm run build first`);
      continue;
    }
    check(name, 'npm', ['pack', '--silent', '--pack-destination', packed], folder);
  }
  for (const tarball of readdirSync(packed)) {
    const path = join(packed, tarball);
    check(tarball, tool('publint'), ['run', '--strict', path]);
    // Packages are ESM only: CommonJS reaches them through require(esm), which Node has from 20.19 on.
    check(tarball, tool('attw'), [path, '--profile', 'esm-only', '--format', 'ascii', '--quiet']);
  }
} finally {
  rmSync(packed, { recursive: true, force: true });
}

for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? 'packages: all fit to publish' : `packages: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
