import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CorpusError } from '../errors.ts';

/** The part of `@lancedb/lancedb` that is used. */
export interface LanceModule {
  connect(folder: string): Promise<{
    createTable(name: string, rows: readonly object[], options: { readonly mode: 'overwrite' }): Promise<LanceTable>;
    openTable(name: string): Promise<LanceTable>;
  }>;
  readonly Index: { fts(options: object): unknown; ivfPq(options: object): unknown };
  readonly MatchQuery: new (query: string, column: string) => object;
}

export interface LanceTable {
  add(rows: readonly object[]): Promise<unknown>;
  createIndex(column: string, options: { readonly config: unknown }): Promise<void>;
  query(): LanceQuery;
  takeOffsets(offsets: number[]): LanceQuery;
  vectorSearch(vector: Float32Array): LanceVectorQuery;
}

export interface LanceQuery {
  fullTextSearch(query: object): this;
  select(columns: string[]): this;
  limit(count: number): this;
  toArray(): Promise<LanceRow[]>;
}

export interface LanceVectorQuery extends LanceQuery {
  distanceType(type: 'cosine'): this;
  nprobes(count: number): this;
  refineFactor(factor: number): this;
}

export interface LanceRow {
  readonly number: number;
  readonly vector?: Iterable<number>;
  readonly _score?: number;
  readonly _distance?: number;
}

/** Imports the optional peer, from a folder's `node_modules` when one is named. Throws `CorpusError` (`not-supported`). */
export async function importLance(packageFolder?: string): Promise<LanceModule> {
  // A name in a variable: the types of the package are not needed, and it need not be there.
  let name = '@lancedb/lancedb';
  try {
    if (packageFolder !== undefined) name = pathToFileURL(createRequire(join(resolve(packageFolder), 'package.json')).resolve(name)).href;
    const loaded = (await import(name)) as LanceModule | { readonly default: LanceModule };
    return 'connect' in loaded ? loaded : loaded.default;
  } catch (cause) {
    throw new CorpusError(
      'not-supported',
      'related passages from LanceDB need the package @lancedb/lancedb: npm install @lancedb/lancedb (it brings apache-arrow)',
      { cause },
    );
  }
}
