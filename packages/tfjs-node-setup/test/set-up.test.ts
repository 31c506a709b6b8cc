import { existsSync, mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findTensorFlow, linkTensorFlow, loadTensorFlow, setUpTensorFlow, type SetUpTensorFlowOptions } from '../src/index.ts';
import { main } from '../src/command-line.ts';
import { assertSupported, currentPlatform } from '../src/platform.ts';
import { callsOf, fakeTools, fakeWheel, temporaryFolder } from './fake-world.ts';

const { system, arch, glibc } = currentPlatform();
const onLinux = system === 'linux' && arch === 'x64' && glibc !== undefined;
// The stand-ins are shell scripts, and the set-up refuses other machines before it starts.
const describeOnLinux = onLinux ? describe : describe.skip;

/** Options under which nothing real is downloaded, installed or compiled. */
function fakeOptions(): SetUpTensorFlowOptions & { tools: ReturnType<typeof fakeTools>; cache: string } {
  const tools = fakeTools();
  const { python, npm, compiler, wheel } = tools;
  return { cache: join(temporaryFolder(), 'cache'), python, npm, compiler, sha256: wheel.sha256, tools };
}

describeOnLinux('set-up', () => {
  test('downloads, unpacks, installs, compiles and checks; a second call finds it all there', async () => {
    const { tools, ...options } = fakeOptions();
    const steps = new Set<string>();
    const installation = await setUpTensorFlow({ ...options, onProgress: ({ step }) => steps.add(step) });
    expect([...steps]).toEqual(['download', 'unpack', 'packages', 'compile', 'check']);
    expect(installation).toMatchObject({ variant: 'cpu', tfjsNode: '4.22.0', tensorflow: '2.21.0', folder: join(options.cache, 'cpu') });
    expect(existsSync(installation.addon)).toBe(true);
    // Nothing half-done and no wheel is left over.
    expect(readdirSync(options.cache)).toEqual(['cpu']);
    expect(readdirSync(installation.folder).sort()).toEqual(['library', 'library.version', 'packages', 'ready.json']);

    expect(await setUpTensorFlow(options)).toEqual(installation);
    expect(findTensorFlow({ cache: options.cache })).toEqual(installation);
    expect(findTensorFlow({ cache: options.cache, gpu: true })).toBeUndefined();
    expect(['python', 'npm', 'compiler'].map((name) => callsOf(tools.folder, name))).toEqual([1, 1, 1]);
  });

  test('goes on after a failure where it stopped', async () => {
    const { tools, ...options } = fakeOptions();
    await expect(setUpTensorFlow({ ...options, npm: '/nowhere/npm' })).rejects.toMatchObject({ code: 'missing-npm' });
    expect(findTensorFlow(options)).toBeUndefined();
    await setUpTensorFlow(options);
    expect(callsOf(tools.folder, 'python')).toBe(1);
    // A lost addon is compiled again; nothing else is done again.
    rmSync(findTensorFlow(options)!.addon);
    expect(findTensorFlow(options)).toBeUndefined();
    await setUpTensorFlow(options);
    expect(['python', 'npm', 'compiler'].map((name) => callsOf(tools.folder, name))).toEqual([1, 1, 2]);
  });

  test('removes what a killed process left half-done, and a download with a wrong checksum', async () => {
    const { tools, ...options } = fakeOptions();
    // No process can have the first number; the second is this one.
    const [left, ours] = [`library.tmp-${2 ** 22 + 1}`, `library.tmp-${process.pid}`];
    for (const name of [left, ours]) mkdirSync(join(options.cache, 'cpu', name), { recursive: true });
    await expect(setUpTensorFlow({ ...options, sha256: '0'.repeat(64) })).rejects.toMatchObject({ code: 'wrong-checksum' });
    expect(readdirSync(join(options.cache, 'cpu'))).toEqual([ours]);
    expect(readdirSync(join(options.cache, 'wheels'))).toEqual([]);
    await setUpTensorFlow(options);
    expect(callsOf(tools.folder, 'python')).toBe(2);
  });

  test('uses a wheel from the disk without Python, and leaves it there', async () => {
    const { tools, ...options } = fakeOptions();
    const folder = temporaryFolder();
    const { path, sha256 } = fakeWheel(folder, { name: 'tensorflow-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl' });
    const installation = await setUpTensorFlow({ ...options, gpu: true, python: '/nowhere/python3', wheel: path, sha256 });
    expect(installation).toMatchObject({ variant: 'gpu', package: expect.stringMatching(/tfjs-node-gpu$/) });
    expect(existsSync(path)).toBe(true);
    expect(callsOf(tools.folder, 'python')).toBe(0);
  });

  test.each([
    ['missing-python', { python: '/nowhere/python3' }, 'install Python 3 with pip'],
    ['missing-compiler', { compiler: '/nowhere/g++' }, 'apt install g++'],
    ['missing-npm', { npm: '/nowhere/npm' }, 'install npm'],
    ['missing-pip', { python: 'false' }, 'python3-pip'],
    ['install-failed', { npm: 'false' }, 'check its registry'],
    ['missing-file', { wheel: '/nowhere/tensorflow_cpu-2.21.0-x.whl' }, 'check the path of the wheel'],
    ['missing-file', { cuda: '/nowhere' }, 'no folder nvidia in /nowhere'],
    ['wrong-checksum', { sha256: '0'.repeat(64) }, 'download it again'],
  ] as const)('says what is wrong and what to do: %s %o', async (code, change, advice) => {
    const { tools: _, ...options } = fakeOptions();
    await expect(setUpTensorFlow({ ...options, ...change })).rejects.toMatchObject({ code, message: expect.stringContaining(advice) });
    expect(findTensorFlow(options)).toBeUndefined();
  });

  test('says so when pip, npm or the compiler fails, with their last words, or leaves a source out', async () => {
    const { tools, ...options } = fakeOptions();
    const failing = (name: string, script: string): string => {
      const path = join(tools.folder, name);
      writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      return path;
    };
    const version = 'if [ "$1" = --version ] || [ "$3" = --version ]; then exit 0; fi';
    const pip = failing('bad-python', `${version}\necho 'No matching distribution' >&2; exit 1`);
    await expect(setUpTensorFlow({ ...options, python: pip })).rejects.toMatchObject({
      code: 'download-failed',
      message: expect.stringContaining('No matching distribution'),
    });
    const npm = failing('bad-npm', 'mkdir -p $3/node_modules');
    await expect(setUpTensorFlow({ ...options, npm })).rejects.toMatchObject({ code: 'missing-tfjs-node' });
    rmSync(join(options.cache, 'cpu', 'packages'), { recursive: true });
    const compiler = failing('bad-compiler', `${version}\necho 'error: no C++17' >&2; exit 1`);
    await expect(setUpTensorFlow({ ...options, compiler })).rejects.toMatchObject({ code: 'compile-failed' });
    rmSync(join(options.cache, 'cpu', 'packages', 'node_modules', 'node-api-headers'), { recursive: true });
    await expect(setUpTensorFlow(options)).rejects.toMatchObject({ code: 'missing-headers' });
    rmSync(join(options.cache, 'cpu', 'packages'), { recursive: true });
    const wrong = failing('wrong-compiler', `${version}\nwhile [ "$1" != -o ]; do shift; done\necho 1 2 3 4 > "$2"`);
    await expect(setUpTensorFlow({ ...options, compiler: wrong })).rejects.toMatchObject({
      code: 'load-failed',
      message: expect.stringContaining('1 2 3 4'),
    });
    expect(findTensorFlow(options)).toBeUndefined();
  });

  test('the module is loaded with the functions that newer Nodes lack', async () => {
    const { tools: _, ...options } = fakeOptions();
    await expect(loadTensorFlow({ cache: options.cache })).rejects.toMatchObject({
      code: 'not-set-up',
      message: expect.stringContaining('run npx @memtrain/tfjs-node-setup'),
    });
    const { addon, package: folder } = await setUpTensorFlow(options);
    const tf = await loadTensorFlow<{ nullish(): boolean }>({ cache: options.cache });
    expect(tf.nullish()).toBe(true);
    expect(existsSync(addon) && existsSync(folder)).toBe(true);
  });

  test('a project that has tfjs-node itself is given the addon, one that has not is told what to install', async () => {
    const { tools: _, ...options } = fakeOptions();
    const installation = await setUpTensorFlow(options);
    const project = temporaryFolder();
    await expect(linkTensorFlow(project, installation)).rejects.toMatchObject({
      code: 'missing-tfjs-node',
      message: expect.stringContaining('npm install --ignore-scripts @tensorflow/tfjs-node@4.22.0'),
    });
    const own = join(project, 'node_modules', '@tensorflow', 'tfjs-node');
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'package.json'), '{ "version": "4.21.0" }');
    await expect(linkTensorFlow(project, installation)).rejects.toThrow('is version 4.21.0: install 4.22.0');
    writeFileSync(join(own, 'package.json'), '{ "version": "4.22.0" }');
    mkdirSync(join(project, 'src'));
    for (const from of [project, join(project, 'src')]) {
      expect(readlinkSync(await linkTensorFlow(from, installation))).toBe(installation.addon);
    }
  });

  test('the CUDA wheels are linked to where the library looks for them, also later', async () => {
    const { tools: _, ...options } = fakeOptions();
    const cuda = temporaryFolder();
    mkdirSync(join(cuda, 'nvidia'));
    const { folder } = await setUpTensorFlow(options);
    await setUpTensorFlow({ ...options, cuda });
    expect(readlinkSync(join(folder, 'nvidia'))).toBe(join(cuda, 'nvidia'));
  });
});

describeOnLinux('the command line', () => {
  const run = async (...argv: string[]): Promise<{ status: number; out: string; err: string }> => {
    let [out, err] = ['', ''];
    const status = await main(argv, { out: { write: (text) => (out += text) }, err: { write: (text) => (err += text) } });
    return { status, out, err };
  };

  test('explains itself, refuses what it does not know, and says what is not there', async () => {
    const cache = temporaryFolder();
    expect(await run('--help')).toMatchObject({ status: 0, out: expect.stringContaining('--wheel FILE') });
    expect(await run('--gpus')).toMatchObject({ status: 2, err: expect.stringContaining("Unknown option '--gpus'") });
    expect(await run('--check', '--cache', cache)).toMatchObject({ status: 1, err: expect.stringContaining('nothing is set up in') });
    expect(await run('--cache', cache, '--wheel', '/nowhere/tensorflow_cpu-2.21.0-x.whl')).toMatchObject({ status: 1 });
  });

  test('reports what is there', async () => {
    const { tools: _, ...options } = fakeOptions();
    await setUpTensorFlow(options);
    for (const check of [['--check'], []]) {
      expect(await run('--cache', options.cache, ...check)).toMatchObject({
        status: 0,
        out: expect.stringMatching(/^already set up: tfjs-node 4\.22\.0 with TensorFlow 2\.21\.0, computes on the CPU\n/),
      });
    }
  });
});

test('machines that the wheels are not made for are refused', () => {
  assertSupported({ system: 'linux', arch: 'x64', glibc: '2.27' });
  assertSupported({ system: 'linux', arch: 'x64', glibc: '3.0' });
  for (const [machine, reason] of [
    [{ system: 'darwin', arch: 'arm64', glibc: undefined }, 'darwin on arm64'],
    [{ system: 'linux', arch: 'arm64', glibc: '2.36' }, 'linux on arm64'],
    [{ system: 'linux', arch: 'x64', glibc: undefined }, 'musl'],
    [{ system: 'linux', arch: 'x64', glibc: '2.17' }, 'glibc here is 2.17'],
  ] as const) {
    expect(() => assertSupported(machine)).toThrow(reason);
  }
});
