import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { AgentError } from '../errors.ts';

interface Row {
  readonly id: string;
  readonly fingerprint: string;
  readonly value: object;
}

/** Where a row stands; its value stays in the file until it is asked for. */
interface Place {
  readonly fingerprint: string;
  readonly start: number;
  readonly length: number;
}

const blockSize = 1 << 20;

/**
 * A JSON-lines file of finished trajectories: `{"id", "fingerprint", "value"}` a line, written as they end. A crash leaves at most a torn
 * last line, which is cut off when the file is opened again. A later line of the same id counts. Only ids, fingerprints and places are
 * held in memory. Holds an open file: call `close`.
 */
export class TrajectoryFile {
  readonly path: string;
  readonly #file: number;
  readonly #places = new Map<string, Place>();
  #end = 0;

  /** Opens the file, or makes it with the folders on the way. Throws `AgentError` (`bad-file`) that names a line which is not a record. */
  constructor(path: string) {
    this.path = path;
    if (!existsSync(path)) mkdirSync(dirname(path), { recursive: true });
    this.#file = openSync(path, 'a+');
    try {
      this.#load();
      ftruncateSync(this.#file, this.#end);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** What was kept under the id. Throws `AgentError` (`bad-file`) when it was made from other input or with other options. */
  find(id: string, fingerprint: string): object | undefined {
    const place = this.#places.get(id);
    if (!place) return undefined;
    if (place.fingerprint !== fingerprint) {
      throw new AgentError(
        'bad-file',
        `${this.path} holds ${id}, but made from another text or with other options: use another file, or the same options`,
      );
    }
    const line = Buffer.alloc(place.length);
    for (let read = 0; read < line.length;) {
      const more = readSync(this.#file, line, read, line.length - read, place.start + read);
      if (more === 0) throw new AgentError('bad-file', `${this.path} became shorter: it is for one process at a time`);
      read += more;
    }
    return (JSON.parse(line.toString('utf8')) as Row).value;
  }

  /** Adds a trajectory, which `find` then gives. */
  append(id: string, fingerprint: string, value: object): void {
    const line = Buffer.from(`${JSON.stringify({ id, fingerprint, value })}\n`);
    for (let written = 0; written < line.length;) written += writeSync(this.#file, line, written);
    this.#places.set(id, { fingerprint, start: this.#end, length: line.length });
    this.#end += line.length;
  }

  /** Makes what was written durable, and closes the file. */
  close(): void {
    fsyncSync(this.#file);
    closeSync(this.#file);
  }

  /** Reads all full lines. */
  #load(): void {
    const size = fstatSync(this.#file).size;
    const block = Buffer.alloc(Math.min(blockSize, size));
    let parts: Buffer[] = [];
    let line = 0;
    for (let position = 0; position < size;) {
      const read = readSync(this.#file, block, 0, block.length, position);
      if (read === 0) break;
      let from = 0;
      for (let feed = block.indexOf(10, 0); feed >= 0 && feed < read; feed = block.indexOf(10, from)) {
        this.#take(Buffer.concat([...parts, block.subarray(from, feed)]), ++line);
        parts = [];
        from = feed + 1;
      }
      if (from < read) parts.push(Buffer.from(block.subarray(from, read)));
      position += read;
    }
  }

  #take(bytes: Buffer, line: number): void {
    let row: unknown;
    try {
      row = JSON.parse(bytes.toString('utf8'));
    } catch {
      row = undefined;
    }
    if (!isRow(row)) {
      throw new AgentError('bad-file', `line ${line} of ${this.path} is not a trajectory: repair or remove the line, or use another file`);
    }
    const length = bytes.length + 1;
    this.#places.set(row.id, { fingerprint: row.fingerprint, start: this.#end, length });
    this.#end += length;
  }
}

function isRow(value: unknown): value is Row {
  if (typeof value !== 'object' || value === null) return false;
  const { id, fingerprint, value: record } = value as Partial<Row>;
  return typeof id === 'string' && typeof fingerprint === 'string' && typeof record === 'object' && record !== null;
}
