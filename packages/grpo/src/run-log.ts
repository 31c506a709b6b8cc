import { open, stat, type FileHandle } from 'node:fs/promises';
import { GrpoError } from './errors.ts';

/** A file of JSON lines that grows by one line a step and can be cut back to a checkpoint's cursor. */
export class RunLog {
  /** Size in bytes: the cursor that a checkpoint keeps. */
  bytes: number;
  readonly #file: FileHandle;

  private constructor(file: FileHandle, bytes: number) {
    this.#file = file;
    this.bytes = bytes;
  }

  /**
   * Opens the file and drops everything after `bytes`. A file shorter than that throws `GrpoError` `bad-metrics`,
   * unless `lenient`, which goes on from its end.
   */
  static async open(path: string, options: { readonly bytes: number; readonly lenient?: boolean }): Promise<RunLog> {
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size < options.bytes && !options.lenient) {
      throw new GrpoError(
        'bad-metrics',
        `${path} has ${size} bytes, but the checkpoint was made after ${options.bytes}: restore the file, or train in a new folder`,
      );
    }
    const bytes = Math.min(size, options.bytes);
    const file = await open(path, 'a');
    await file.truncate(bytes);
    return new RunLog(file, bytes);
  }

  async append(record: object): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    await this.#file.appendFile(line);
    this.bytes += line.length;
  }

  async sync(): Promise<void> {
    await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
