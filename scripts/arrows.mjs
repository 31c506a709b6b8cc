#!/usr/bin/env node
/**
 * Imports go only along the table in package-table.mjs, and only to a package's index or a subpath that it declares.
 * Prints one line a fault, `file:line: what, and what to do`; exits 1 if there is any.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { moduleSpecifiers } from './module-specifiers.mjs';
import { mayImport, scope } from './package-table.mjs';

/** All faults under the repository root, as printable lines. */
export function checkArrows(root) {
  const packages = new Map(foldersOf(join(root, 'packages')).map((name) => [name, readPackage(join(root, 'packages', name))]));
  const faults = [];
  for (const [name, unit] of packages) {
    if (!(name in mayImport)) {
      faults.push(`packages/${name}: not in scripts/package-table.mjs: enter it there with what it may import`);
      continue;
    }
    faults.push(...manifestFaults(root, name, unit));
    for (const file of sourceFiles(unit.folder)) faults.push(...fileFaults({ root, packages, name, unit, file }));
  }
  const examples = join(root, 'examples');
  if (existsSync(examples)) {
    const unit = readPackage(examples);
    for (const file of sourceFiles(examples)) faults.push(...fileFaults({ root, packages, name: 'examples', unit, file }));
  }
  return faults;
}

function manifestFaults(root, name, { folder, manifest }) {
  const text = readFileSync(join(folder, 'package.json'), 'utf8').split('\n');
  const kinds = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'];
  const named = new Set(kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {})));
  return [...named]
    .filter((dependency) => dependency.startsWith(scope) && !allowed(name, dependency.slice(scope.length)))
    .map((dependency) => {
      const line = text.findIndex((content) => content.includes(`"${dependency}"`)) + 1;
      return `${relative(root, join(folder, 'package.json'))}:${line}: ${name} may not depend on ${dependency} (${permission(name)})`;
    });
}

function fileFaults({ root, packages, name, unit, file }) {
  const place = relative(unit.folder, file);
  const isTest = place.startsWith(`test${sep}`);
  const faults = [];
  for (const { specifier, line } of moduleSpecifiers(readFileSync(file, 'utf8'))) {
    const fault = specifierFault({ specifier, packages, name, unit, file, isTest });
    if (fault) faults.push(`${relative(root, file)}:${line}: ${fault}`);
  }
  return faults;
}

function specifierFault({ specifier, packages, name, unit, file, isTest }) {
  const inSource = !isTest && name !== 'examples';
  if (specifier.startsWith('.')) return relativeFault({ specifier, unit, file, inSource });
  if (specifier.startsWith('/') || specifier.startsWith('file:')) return `"${specifier}" is an absolute path: import a package by its name`;
  if (!specifier.startsWith(scope)) return inSource ? undeclaredFault(specifier, unit.manifest) : undefined;

  const [target, ...rest] = specifier.slice(scope.length).split('/');
  if (target === name) return inSource ? `"${specifier}" is this package itself: import the file by a relative path` : undefined;
  if (!allowed(name, target)) return `${name} may not import ${scope}${target} (${permission(name)})`;
  const imported = packages.get(target);
  if (!imported) return `"${specifier}": there is no packages/${target}`;
  const subpath = ['.', ...rest].join('/');
  if (!(subpath in (imported.manifest.exports ?? {}))) {
    return `"${specifier}" is an inner file of ${scope}${target}: import its index, or a subpath that its package.json exports`;
  }
  if (inSource && subpath === './test') return `"${specifier}" holds test doubles: import it in tests only`;
  return inSource ? undeclaredFault(specifier, unit.manifest) : undefined;
}

function relativeFault({ specifier, unit, file, inSource }) {
  const place = relative(unit.folder, resolve(dirname(file), specifier));
  if (place.startsWith('..')) return `"${specifier}" leaves the package: import other packages by their name`;
  if (inSource && place.startsWith(`test${sep}`)) return `"${specifier}" is test code: a package's source may not import it`;
  return undefined;
}

function undeclaredFault(specifier, manifest) {
  if (specifier.startsWith('node:')) return undefined;
  if (builtinModules.includes(specifier)) return `"${specifier}" is a Node module: write "node:${specifier}"`;
  const dependency = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies };
  return dependency in declared ? undefined : `"${dependency}" is not among the dependencies in this package's package.json`;
}

const allowed = (name, target) => name === 'examples' || (mayImport[name] ?? []).includes(target);

function permission(name) {
  const targets = mayImport[name] ?? [];
  return targets.length === 0 ? 'it may import no other package' : `it may import ${targets.join(', ')}`;
}

function readPackage(folder) {
  const path = join(folder, 'package.json');
  return { folder, manifest: existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {} };
}

function foldersOf(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

const skipped = new Set(['node_modules', 'dist', 'runs', 'assets', 'fixtures']);

function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : sourceFiles(path);
    return /\.[cm]?[jt]s$/.test(entry.name) ? [path] : [];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const faults = checkArrows(join(dirname(fileURLToPath(import.meta.url)), '..'));
  for (const fault of faults) console.error(fault);
  console.log(faults.length === 0 ? 'imports follow the table' : `${faults.length} imports against the table`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
