import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { CorpusError } from '../errors.ts';
import { hashOfFile } from '../sources/hash-of-file.ts';
import { defaultExtractor } from './entity-extractor.ts';
import type { EntityExtractor } from './entity-extractor.ts';
import { collectEntityTables, entityTablesFrom } from './entity-tables.ts';
import type { EntityTables } from './entity-tables.ts';
import { openImportedEntities } from './imported-entities.ts';
import { onnxModelFile, openOnnxEntities } from './onnx-entities.ts';

/** What finds entities: `findEntities`, a local ONNX model's folder, or a JSONL file of found entities. Plain data: every thread opens its own. */
export type EntityChoice = 'default' | { readonly onnx: string } | { readonly import: string };

/** Opens an extractor of the caller's, when the tables of names are learnt. */
export type OpenEntities = (tables: EntityTables) => EntityExtractor | Promise<EntityExtractor>;

/** What a manifest says of the extractor; the hash is that of the model's or of the imported file. */
export interface EntityFacts {
  readonly extractor: string;
  readonly file?: string;
  readonly sha256?: string;
}

/** Opens what was chosen. Throws what `openOnnxEntities` and `openImportedEntities` throw. */
export async function openEntities(choice: EntityChoice, tables: EntityTables): Promise<EntityExtractor> {
  if (choice === 'default') return defaultExtractor(tables);
  return 'onnx' in choice ? openOnnxEntities(choice.onnx, tables) : openImportedEntities(choice.import, tables);
}

/**
 * Looks at a choice before a build begins: a model that cannot be opened should not be found out hours later.
 * Throws `CorpusError`: `no-file`, `bad-model`, `not-supported`.
 */
export async function describeEntities(choice: EntityChoice): Promise<EntityFacts> {
  if (choice === 'default') return { extractor: 'default' };
  if ('onnx' in choice) {
    await openOnnxEntities(choice.onnx, entityTablesFrom(collectEntityTables([])));
    return { extractor: 'onnx', file: basename(choice.onnx), sha256: await hashOfFile(onnxModelFile(choice.onnx)!) };
  }
  if (!existsSync(choice.import)) throw new CorpusError('no-file', `${choice.import} is not there: give a JSONL file of entities`);
  return { extractor: 'import', file: basename(choice.import), sha256: await hashOfFile(choice.import) };
}
