/** After a build: every package has a README and a packed form that publint and "are the types wrong" accept. Exits 1 with what is wrong. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'packed-'));
let failed = false;
const check = (what, command, args, cwd) => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status === 0) return stdout;
  failed = true;
  console.error(`${what}: ${command} ${args.join(' ')} failed\n${stdout}${stderr}`);
  return '';
};
for (const name of readdirSync('packages')) {
  const root = join('packages', name);
  if (!existsSync(join(root, 'package.json'))) continue;
  if (!existsSync(join(root, 'README.md'))) {
    failed = true;
    console.error(`${name}: README.md is missing`);
  }
  check(name, 'npm', ['pack', '--silent', '--pack-destination', folder], root);
}
for (const tarball of readdirSync(folder)) {
  const path = join(folder, tarball);
  check(tarball, 'npx', ['--no-install', 'publint', 'run', '--strict', path]);
  check(tarball, 'npx', ['--no-install', 'attw', path, '--profile', 'esm-only', '--format', 'ascii', '--quiet']);
}
rmSync(folder, { recursive: true });
console.log(failed ? 'packages: problems found' : 'packages: all fit to publish');
process.exitCode = failed ? 1 : 0;
