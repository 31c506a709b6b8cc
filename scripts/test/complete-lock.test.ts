import { expect, test } from '@jest/globals';
import { missingEntries, platformOf } from '../complete-lock.mjs';

test('enters forgotten optional packages with version and platform, where Node would look for them', () => {
  const packages = {
    '': { name: 'root' },
    'node_modules/a': { version: '1.0.0', dev: true, optionalDependencies: { '@a/linux-x64-gnu': '1.0.0', '@a/darwin-arm64': '1.0.0' } },
    'node_modules/@a/linux-x64-gnu': { version: '1.0.0' },
    'node_modules/b/node_modules/a': { version: '2.0.0', optionalDependencies: { '@a/linux-x64-gnu': '2.0.0', fsevents: '^2.3.2' } },
  };
  expect(missingEntries({ packages })).toEqual({
    'node_modules/@a/darwin-arm64': { version: '1.0.0', cpu: ['arm64'], os: ['darwin'], dev: true, optional: true },
    'node_modules/b/node_modules/a/node_modules/@a/linux-x64-gnu': {
      version: '2.0.0',
      cpu: ['x64'],
      os: ['linux'],
      libc: ['glibc'],
      optional: true,
    },
    'node_modules/fsevents': { version: '2.3.2', optional: true },
  });
});

test('leaves a complete lock file alone', () => {
  const packages = {
    'node_modules/a': { version: '1.0.0', optionalDependencies: { 'a-win32-x64': '1.0.0', fsevents: '^2.3.2' } },
    'node_modules/a-win32-x64': { version: '1.0.0' },
    'node_modules/fsevents': { version: '2.3.3' },
  };
  expect(missingEntries({ packages })).toEqual({});
});

test.each([
  ['@swc/core-linux-arm-gnueabihf', { cpu: ['arm'], os: ['linux'] }],
  ['@oxlint/binding-linux-x64-musl', { cpu: ['x64'], os: ['linux'], libc: ['musl'] }],
  ['@unrs/resolver-binding-wasm32-wasi', { cpu: ['wasm32'] }],
  ['@oxlint-tsgolint/win32-arm64', { cpu: ['arm64'], os: ['win32'] }],
])('reads the platform of %s from its name', (name, platform) => {
  expect(platformOf(name)).toEqual(platform);
});
