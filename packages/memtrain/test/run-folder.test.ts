import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { appendJsonLine, filterJsonLines, readJsonLines } from '../src/run/json-lines.ts';
import { createManifest } from '../src/run/manifest.ts';
import { openRunFolder, readRunConfig } from '../src/run/run-folder.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const root = temporaryFolder();
const manifest = createManifest({ command: ['memtrain', 'train'], seed: 3, now: new Date(0) });
const open = (folder: string, config: unknown, resume = false): Promise<void> => openRunFolder(folder, { config, manifest, resume });

describe('a run folder', () => {
  test('is made with its configuration and a manifest that names versions, Node, processor, seed and command', async () => {
    const folder = join(root, 'new', 'run');
    await open(folder, { a: 1 });
    expect(readRunConfig(folder)).toEqual({ a: 1 });
    const written = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as typeof manifest;
    expect(written).toMatchObject({ seed: 3, node: process.version, command: ['memtrain', 'train'], started: '1970-01-01T00:00:00.000Z' });
    expect(written.cpu.count).toBeGreaterThan(0);
    expect(Object.values(written.versions)).not.toContain('not found');
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'manifest.json']);
  });

  test('in use is not used again without --resume', async () => {
    const folder = join(root, 'used');
    await open(folder, { a: 1 });
    await expect(open(folder, { a: 1 })).rejects.toThrow(
      expect.objectContaining({ code: 'run-exists', message: expect.stringContaining('--resume') }),
    );
    await open(folder, { a: 1 }, true);
  });

  test('with somebody else’s files is left alone', async () => {
    const folder = join(root, 'other');
    mkdirSync(folder);
    writeFileSync(join(folder, 'thesis.tex'), 'x');
    await expect(open(folder, {})).rejects.toThrow(/not empty/);
    expect(readdirSync(folder)).toEqual(['thesis.tex']);
    await expect(open(join(folder, 'thesis.tex'), {})).rejects.toThrow(/is a file/);
  });

  test('of another configuration names the first setting that differs', async () => {
    const folder = join(root, 'differs');
    await open(folder, { config: { agent: { chunkTokens: 5 } } });
    await expect(open(folder, { config: { agent: { chunkTokens: 6 } } }, true)).rejects.toThrow(
      expect.objectContaining({ code: 'other-config', message: expect.stringContaining('(config.agent.chunkTokens: 5 -> 6)') }),
    );
    await expect(open(folder, { config: { agent: {} } }, true)).rejects.toThrow(/config\.agent\.chunkTokens: 5 -> \(absent\)/);
  });

  test('of another configuration is gone on with where that is allowed, and keeps the new one', async () => {
    const folder = join(root, 'changed');
    await open(folder, { steps: 5, model: { layers: 2 } });
    const config = { steps: 6, model: { layers: 2 } };
    const mayChange = (setting: string): boolean => setting === 'steps';
    const again = { manifest, resume: true, mayChange };
    await expect(openRunFolder(folder, { ...again, config })).rejects.toThrow(/\(steps: 5 -> 6\): .*, or add --allow-changes$/);
    await openRunFolder(folder, { ...again, config, allowChanges: true });
    expect(readRunConfig(folder)).toEqual(config);
    const other = { steps: 7, model: { layers: 3 } };
    await expect(openRunFolder(folder, { ...again, config: other, allowChanges: true })).rejects.toThrow(/\(model\.layers: 2 -> 3\)/);
    await expect(openRunFolder(folder, { ...again, config: other })).rejects.toThrow(
      /layers: 2 -> 3; steps: 6 -> 7\): .* or choose another folder$/,
    );
    expect(readRunConfig(folder)).toEqual(config);
  });

  test('that is not there cannot be resumed, and one that is damaged is named', async () => {
    await expect(open(join(root, 'none'), {}, true)).rejects.toThrow(expect.objectContaining({ code: 'no-file' }));
    expect(existsSync(join(root, 'none'))).toBe(false);
    const folder = join(root, 'damaged');
    await open(folder, {});
    writeFileSync(join(folder, 'config.json'), '{');
    await expect(open(folder, {}, true)).rejects.toThrow(expect.objectContaining({ code: 'bad-file' }));
  });
});

describe('JSON lines', () => {
  test('survive a line that a kill cut short', async () => {
    const path = join(root, 'cut.jsonl');
    for (const step of [1, 2, 3]) appendJsonLine(path, { step });
    appendFileSync(path, '{"step":4,"rew');
    expect(readJsonLines(path)).toEqual([{ step: 1 }, { step: 2 }, { step: 3 }]);
    await filterJsonLines<{ step: number }>(path, ({ step }) => step < 3);
    appendJsonLine(path, { step: 3, again: true });
    expect(readJsonLines(path)).toEqual([{ step: 1 }, { step: 2 }, { step: 3, again: true }]);
  });

  test('name the line that is not JSON, and are none where there is no file', () => {
    const path = join(root, 'bad.jsonl');
    writeFileSync(path, '{}\nnope\n{}\n');
    expect(() => readJsonLines(path)).toThrow(/line 2 of .*bad\.jsonl/);
    expect(readJsonLines(join(root, 'absent.jsonl'))).toEqual([]);
  });
});
