import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { openThreads } from '../build/build-threads.ts';
import type { ReadProgress } from '../build/read-stage.ts';
import { importedSpans, parseLine } from '../entities/imported-entities.ts';
import type { ImportedEntities } from '../entities/imported-entities.ts';
import { textHash } from '../entities/text-hash.ts';
import { CorpusError } from '../errors.ts';
import type { DiskPassageStore, PassageStore } from '../passages/passage-store.ts';
import { openAtomicFile } from './atomic-file.ts';
import { aborted, inWorkFolder } from './build-folder.ts';
import { corpusOptions } from './corpus-options.ts';
import type { BuildCorpusOptions } from './corpus-options.ts';
import { passageId } from './document.ts';
import { escapePassage } from './escape-passage.ts';
import { readPassages } from './read-passages.ts';

/**
 * Cuts the passages of the build that these options describe and writes their texts, `{"id", "hash", "text"}` a line, for software that
 * finds entities. `buildCorpus` with the same options, and what was found as `entities: { import }`, then makes documents of the same
 * passages, without reading the sources again: they stay in `out/.build`. Throws what `buildCorpus` throws of reading.
 */
export async function writePassageTexts(file: string, options: BuildCorpusOptions): Promise<{ readonly passages: number }> {
  const settings = corpusOptions(options);
  await mkdir(dirname(file), { recursive: true });
  return inWorkFolder(options, settings, async (work) => {
    const threads = await openThreads({ workers: settings.workers });
    const onProgress = (now: ReadProgress): void =>
      options.onProgress?.({ stage: 'read', ...now, documents: 0, documentsTotal: settings.documents });
    let store: DiskPassageStore | undefined;
    const texts = await openAtomicFile(file);
    try {
      ({ store } = await readPassages(options, settings, { work, threads, onProgress }));
      for (const { id, text } of passageTexts(store)) {
        if (options.signal?.aborted) throw aborted();
        await texts.writeLine(JSON.stringify({ id, hash: textHash(text), text }));
      }
      await texts.finish();
      await texts.publish();
      return { passages: store.size };
    } finally {
      await texts.discard();
      store?.close();
      await threads.close();
    }
  });
}

/**
 * Checks that a file of entities is one for these passages, before documents are made. Throws `CorpusError` (`bad-entities`): a passage
 * that the file lacks or knows with another text, an offset outside of its text.
 */
export async function checkImportedEntities(
  imported: ImportedEntities,
  passages: PassageStore,
  checkAborted: () => void = () => {},
): Promise<void> {
  let looked = 0;
  let missing = 0;
  let first: string | undefined;
  for (const { id, text } of passageTexts(passages)) {
    // Looking is synchronous: let timers and signals through.
    if (looked++ % 1024 === 0) await new Promise((proceed) => setImmediate(proceed));
    checkAborted();
    if (importedSpans(imported, text)) continue;
    missing++;
    first ??= id;
  }
  if (first === undefined) return;
  const known = await lineWithId(imported.path, first);
  const problem =
    known === undefined
      ? `has no line for ${missing} of ${passages.size} passages; the first of them is ${first}`
      : `knows ${missing} of ${passages.size} passages by another text or not at all; the first of them is ${first} (line ${known})`;
  throw new CorpusError(
    'bad-entities',
    `${imported.path} ${problem}. Every passage needs a line, also one without entities, and its text must be the same as when the ` +
      'entities were found: write the texts again (memtrain corpus build ... --texts FILE, or writePassageTexts), find the entities in ' +
      'all of them, and build with the same sources and options',
  );
}

async function lineWithId(path: string, id: string): Promise<number | undefined> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    number++;
    if (line.includes(id) && parseLine(line, `${path}: line ${number}`).id === id) return number;
  }
  return undefined;
}

/** The texts as entities are looked for in them: placeholders of the source are escaped. */
function* passageTexts(passages: PassageStore): Generator<{ readonly id: string; readonly text: string }> {
  let number = 0;
  for (const passage of passages) yield { id: passageId(passage, number++), text: escapePassage(passage).text };
}
