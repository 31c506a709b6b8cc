#!/usr/bin/env node
/**
 * Completes package-lock.json: `npm install` forgets optional packages of other platforms that its registry does not offer, and
 * `npm ci` then refuses the lock file on every machine. Each forgotten package is entered with its version and platform, so that
 * `npm ci` skips it where it does not belong. Does nothing to a complete lock file. `--check` only tells.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const systems = {
  darwin: 'darwin',
  win32: 'win32',
  linux: 'linux',
  linuxmusl: 'linux',
  freebsd: 'freebsd',
  openbsd: 'openbsd',
  netbsd: 'netbsd',
  sunos: 'sunos',
  aix: 'aix',
  android: 'android',
  openharmony: 'openharmony',
};
const processors = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el', 'wasm32'];

/** Platform that a package's name ends in, e.g. `@swc/core-linux-arm-gnueabihf`. */
export function platformOf(name) {
  const words = name.split(/[-/]/);
  const os = words.map((word) => systems[word]).find(Boolean);
  const cpu = processors.find((processor) => words.includes(processor));
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : words.includes('gnu') && os === 'linux' ? 'glibc' : undefined;
  return { ...(cpu && { cpu: [cpu] }), ...(os && { os: [os] }), ...(libc && { libc: [libc] }) };
}

/** Entries that the lock file lacks, by their place. */
export function missingEntries(lock) {
  const packages = lock.packages;
  const missing = {};
  for (const [place, entry] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      const version = range.replace(/^npm:.*@|^[~^=v]+/g, '');
      if (!/^\d+\.\d+\.\d+/.test(version)) continue;
      const found = placesAbove(place, name).find((candidate) => packages[candidate] ?? missing[candidate]);
      const held = found && (packages[found] ?? missing[found]);
      if (held && (held.version === version || range !== version)) continue;
      const target = found === undefined ? `node_modules/${name}` : `${place}/node_modules/${name}`;
      missing[target] = { version, ...platformOf(name), ...(entry.dev && { dev: true }), optional: true };
    }
  }
  return missing;
}

/** Where Node looks for `name` from `place`, nearest first. */
function placesAbove(place, name) {
  const parts = place === '' ? [] : place.split(/(?:^|\/)node_modules\//).slice(1);
  const places = [`${place === '' ? '' : `${place}/`}node_modules/${name}`];
  for (let depth = parts.length - 1; depth >= 0; depth--) {
    const above = parts
      .slice(0, depth)
      .map((part) => `node_modules/${part}`)
      .join('/');
    places.push(`${above === '' ? '' : `${above}/`}node_modules/${name}`);
  }
  return places;
}

function main(file, check) {
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = missingEntries(lock);
  const count = Object.keys(missing).length;
  if (count === 0) return console.log(`${file} is complete`);
  if (check) {
    console.error(
      `${file} lacks ${count} optional packages of other platforms, e.g. ${Object.keys(missing)[0]}: run node scripts/complete-lock.mjs`,
    );
    process.exitCode = 1;
    return;
  }
  const { '': root, ...rest } = { ...lock.packages, ...missing };
  // npm's own order.
  const sorted = Object.fromEntries(Object.entries(rest).sort(([a], [b]) => a.localeCompare(b, 'en')));
  writeFileSync(`${file}.tmp`, `${JSON.stringify({ ...lock, packages: { '': root, ...sorted } }, null, 2)}\n`);
  renameSync(`${file}.tmp`, file);
  console.log(`${file}: entered ${count} optional packages of other platforms`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main('package-lock.json', process.argv.includes('--check'));
