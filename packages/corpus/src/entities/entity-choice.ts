import { basename } from 'node:path';
import { hashOfFile } from '../sources/hash-of-file.ts';
import { defaultExtractor } from './entity-extractor.ts';
import type { EntityExtractor } from './entity-extractor.ts';
import { collectEntityTables, entityTablesFrom } from './entity-tables.ts';
import type { EntityTables } from './entity-tables.ts';
import { importedExtractor, indexImportedEntities, openImportedEntities } from './imported-entities.ts';
import type { ImportedEntities } from './imported-entities.ts';
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

/** The same, looked at: threads share what is known of a file. */
export type PreparedEntities = Exclude<EntityChoice, { readonly import: string }> | ImportedEntities;

/** Opens what was chosen. Throws what `openOnnxEntities` and `openImportedEntities` throw. */
export async function openEntities(choice: EntityChoice | PreparedEntities, tables: EntityTables): Promise<EntityExtractor> {
  if (choice === 'default') return defaultExtractor(tables);
  if ('onnx' in choice) return openOnnxEntities(choice.onnx, tables);
  return 'slots' in choice ? importedExtractor(choice, tables) : openImportedEntities(choice.import, tables);
}

/**
 * Looks at a choice before a build begins: a model or a file that cannot be used should not be found out hours later.
 * Throws `CorpusError`: `no-file`, `bad-model`, `bad-source`, `not-supported`.
 */
export async function prepareEntities(choice: EntityChoice): Promise<{ readonly choice: PreparedEntities; readonly facts: EntityFacts }> {
  if (choice === 'default') return { choice, facts: { extractor: 'default' } };
  if ('onnx' in choice) {
    await openOnnxEntities(choice.onnx, entityTablesFrom(collectEntityTables([])));
    const sha256 = await hashOfFile(onnxModelFile(choice.onnx)!);
    return { choice, facts: { extractor: 'onnx', file: basename(choice.onnx), sha256 } };
  }
  const imported = await indexImportedEntities(choice.import);
  return { choice: imported, facts: { extractor: 'import', file: basename(choice.import), sha256: await hashOfFile(choice.import) } };
}
