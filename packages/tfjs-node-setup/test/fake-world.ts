import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'tfjs-node-setup-'));
}

/** Enough bytes that do not compress to be read in several pieces. */
export const library: Uint8Array = noise(300_000);

function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0, state = 1; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** A small wheel of the same layout as TensorFlow's. */
export function fakeWheel(folder: string, change: { name?: string; without?: string } = {}): { path: string; sha256: string } {
  const members: Record<string, Uint8Array> = {
    'tensorflow/__init__.py': strToU8('raise ImportError'),
    'tensorflow/libtensorflow_framework.so.2': library.subarray(0, 1000),
    'tensorflow/libtensorflow_cc.so.2': library,
    'tensorflow/python/large.so': library.subarray(200_000),
    'tensorflow/include/tensorflow/c/c_api.h': strToU8('// C API'),
    'tensorflow/include/tensorflow/c/../../../../../evil.h': strToU8('// outside'),
    'tensorflow/include/tensorflow/core/kernels/unneeded.h': strToU8('// not needed'),
    'tensorflow/include/xla/tsl/c/tsl_status.h': strToU8('// status'),
  };
  if (change.without !== undefined) delete members[change.without];
  const bytes = zipSync(members, { level: 1 });
  const path = join(folder, change.name ?? 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl');
  writeFileSync(path, bytes);
  return { path, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Stands in for a program; `$calls` of its script is a file that counts its runs. */
function program(folder: string, name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\nset -e\ncalls=${folder}/${name}.calls\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** How often a stand-in did its work. */
export function callsOf(folder: string, name: string): number {
  try {
    return readFileSync(join(folder, `${name}.calls`), 'utf8')
      .trim()
      .split('\n').length;
  } catch {
    return 0;
  }
}

/** What the check asks of tfjs-node, in plain JavaScript. */
const fakeModule = `
const data = (...values) => ({ dataSync: () => values });
module.exports = {
  matMul: () => data(...require('node:fs').readFileSync(__dirname + '/lib/napi-v8/tfjs_binding.node', 'utf8').trim().split(' ')),
  grad: () => () => data(6),
  sum: data, square: data, tensor1d: data,
  backend: () => ({ binding: { TF_Version: '2.21.0' }, isUsingGpuDevice: false }),
  nullish: () => require('util').isNullOrUndefined(undefined),
};
`;

/** Stand-ins for pip, npm and g++, and a wheel for pip to deliver. */
export function fakeTools(): { folder: string; python: string; npm: string; compiler: string; wheel: { path: string; sha256: string } } {
  const folder = temporaryFolder();
  const delivered = join(folder, 'index');
  mkdirSync(delivered);
  const wheel = fakeWheel(delivered);
  const moduleFile = join(folder, 'module.js');
  writeFileSync(moduleFile, fakeModule);
  const python = program(
    folder,
    'python',
    `if [ "$3" = --version ]; then exit 0; fi
echo "$@" >> $calls
while [ "$1" != --dest ]; do shift; done
mkdir -p "$2"; cp ${delivered}/*.whl "$2"`,
  );
  const npm = program(
    folder,
    'npm',
    `echo "$@" >> $calls
to=$3/node_modules/@tensorflow/tfjs-node
case "$*" in *tfjs-node-gpu*) to=$to-gpu;; esac
mkdir -p $to/binding $3/node_modules/node-api-headers/include
cp ${moduleFile} $to/index.js
echo '{ "version": "4.22.0" }' > $to/package.json
touch $to/binding/tfjs_backend.cc $to/binding/tfjs_binding.cc $3/node_modules/node-api-headers/include/node_api.h`,
  );
  const compiler = program(
    folder,
    'compiler',
    `if [ "$1" = --version ]; then exit 0; fi
echo "$@" >> $calls
while [ "$1" != -o ]; do shift; done
echo 19 22 43 50 > "$2"`,
  );
  return { folder, python, npm, compiler, wheel };
}
