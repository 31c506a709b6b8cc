import { basename } from 'node:path';
import { openBytes } from '../dump/open-bytes.ts';
import type { OpenBytes, OpenBytesOptions } from '../dump/open-bytes.ts';
import { pageBatches } from '../dump/page-batches.ts';
import { toUtf8 } from '../dump/to-utf8.ts';
import type { FieldMapping } from './field-mapping.ts';
import { lineBatches } from './line-batches.ts';
import type { SourceTask, TextSource } from './source-task.ts';

/** A MediaWiki XML dump: plain, bzip2 (one stream or many), gzip or zstd. Throws what `openBytes` throws. */
export async function openDumpSource(path: string, options: OpenBytesOptions = {}): Promise<TextSource> {
  const opened = await openBytes(path, options);
  return streamSource(path, opened, async function* () {
    let licence: string | undefined;
    const batches = pageBatches(toUtf8(opened.chunks), path === '-' ? 'standard input' : path, {
      onHead: ({ base }) => {
        licence = licenceOf(base);
      },
    });
    for await (const batch of batches) yield { kind: 'pages', ...batch, ...(licence === undefined ? {} : { licence }) };
  });
}

/** JSON Lines, plain or compressed. Throws what `openBytes` throws. */
export async function openJsonLinesSource(path: string, fields: FieldMapping, options: OpenBytesOptions = {}): Promise<TextSource> {
  const opened = await openBytes(path, options);
  return streamSource(path, opened, async function* () {
    for await (const batch of lineBatches(toUtf8(opened.chunks))) yield { kind: 'lines', ...batch, fields };
  });
}

function streamSource(path: string, opened: OpenBytes, tasks: () => AsyncGenerator<SourceTask>): TextSource {
  let complete = false;
  const name = path === '-' ? 'standard input' : basename(path);
  return {
    name,
    bytesTotal: opened.bytesTotal,
    bytesRead: opened.bytesRead,
    async *tasks() {
      yield* tasks();
      complete = true;
    },
    file: () => ({ name, bytes: opened.bytesTotal || opened.bytesRead(), sha256: complete ? opened.sha256() : null }),
  };
}

/** All text of Wikimedia's wikis is under some version of CC BY-SA; other wikis say nothing of it in a dump. */
function licenceOf(base: string): string | undefined {
  return /^https?:\/\/[^/]*\b(?:wikipedia|wiktionary|wikibooks|wikiquote|wikisource|wikivoyage|wikiversity)\.org\//.test(base)
    ? 'CC BY-SA'
    : undefined;
}
