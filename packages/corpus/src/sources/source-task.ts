import type { ArrowRows } from './arrow-source.ts';
import type { FieldMapping } from './field-mapping.ts';

/** A piece of a source that can be turned into records anywhere, in another thread too: plain data. */
export type SourceTask =
  | { readonly kind: 'pages'; readonly bytes: Uint8Array; readonly byte: number; readonly oversized?: true; readonly licence?: string }
  | { readonly kind: 'lines'; readonly bytes: Uint8Array; readonly byte: number; readonly oversized?: true; readonly fields: FieldMapping }
  | { readonly kind: 'rows'; readonly path: string; readonly from: number; readonly to: number; readonly fields: FieldMapping }
  | {
      readonly kind: 'arrow';
      readonly rows: ArrowRows;
      /** Rows of the file before these. */ readonly first: number;
      readonly fields: FieldMapping;
    }
  | { readonly kind: 'files'; readonly folder: string; readonly files: readonly string[]; readonly first: number };

/** What a finished reading knows of its file. */
export interface SourceFile {
  /** File name, or what stands for it. */
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of the whole file; null when it was not read to its end. */
  readonly sha256: string | null;
}

/** Text to read, one task after the other, in an order that depends on nothing but the source. */
export interface TextSource {
  /** File name, for messages and provenance. */
  readonly name: string;
  /** Bytes on disk; 0 when not known. */
  readonly bytesTotal: number;
  bytesRead(): number;
  tasks(): AsyncIterable<SourceTask>;
  file(): SourceFile;
}
