import { closeSync, openSync, writeSync } from 'node:fs';
import { MemtrainError } from '../errors.ts';
import { maskedCrc32c } from './crc32c.ts';

/** One scalar point of a TensorBoard curve. */
export interface ScalarEvent {
  readonly step: number;
  readonly tag: string;
  readonly value: number;
  /** Seconds since 1970. */
  readonly wallTime: number;
}

/** Appends scalar events to a TensorBoard event file. Holds an open file: call `close`. */
export class TensorboardWriter {
  readonly #file: number;

  /** Opens `path` for appending and, when `fresh`, empties it and writes the version record that readers expect first. */
  constructor(path: string, options: { readonly fresh: boolean; readonly wallTime: number }) {
    this.#file = openSync(path, options.fresh ? 'w' : 'a');
    if (options.fresh) this.#record(encodeVersionEvent(options.wallTime));
  }

  scalar(event: ScalarEvent): void {
    this.#record(encodeScalarEvent(event));
  }

  close(): void {
    closeSync(this.#file);
  }

  #record(data: Uint8Array): void {
    writeSync(this.#file, tfRecord(data));
  }
}

/** A TFRecord: length (u64), masked CRC of the length, data, masked CRC of the data; little endian. */
export function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}

/** Reads every scalar of an event file back. Throws `MemtrainError` (`bad-file`) that names the byte of a damaged record. */
export function readTensorboardScalars(bytes: Uint8Array): ScalarEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: ScalarEvent[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = at + 16 <= bytes.length ? Number(view.getBigUint64(at, true)) : Infinity;
    const whole = at + 16 + size <= bytes.length;
    if (!whole || view.getUint32(at + 8, true) !== maskedCrc32c(bytes.subarray(at, at + 8))) damaged(at);
    const data = bytes.subarray(at + 12, at + 12 + size);
    if (view.getUint32(at + 12 + size, true) !== maskedCrc32c(data)) damaged(at);
    events.push(...decodeEvent(data));
    at += size + 16;
  }
  return events;
}

function damaged(at: number): never {
  throw new MemtrainError('bad-file', `the TensorBoard record at byte ${at} is damaged or cut short: delete what follows it`);
}

// Event { 1: double wall_time, 2: int64 step, 3: string file_version, 5: Summary }; Summary { 1: repeated Value };
// Value { 1: string tag, 2: float simple_value }.

function encodeVersionEvent(wallTime: number): Uint8Array {
  return concatenate([doubleField(1, wallTime), bytesField(3, Buffer.from('brain.Event:2'))]);
}

function encodeScalarEvent(event: ScalarEvent): Uint8Array {
  const simple = new Uint8Array(5);
  simple[0] = (2 << 3) | 5;
  new DataView(simple.buffer).setFloat32(1, event.value, true);
  const value = concatenate([bytesField(1, Buffer.from(event.tag)), simple]);
  return concatenate([
    doubleField(1, event.wallTime),
    Uint8Array.from([(2 << 3) | 0, ...varint(event.step)]),
    bytesField(5, bytesField(1, value)),
  ]);
}

function decodeEvent(data: Uint8Array): ScalarEvent[] {
  const fields = decodeFields(data);
  const wallTime = fields.find((field) => field.number === 1)?.double ?? 0;
  const step = fields.find((field) => field.number === 2)?.integer ?? 0;
  const summaries = fields.filter((field) => field.number === 5);
  return summaries.flatMap((summary) =>
    decodeFields(summary.bytes!).map((entry) => {
      const value = decodeFields(entry.bytes!);
      const tag = Buffer.from(value.find((field) => field.number === 1)!.bytes!).toString();
      return { step, tag, value: value.find((field) => field.number === 2)!.float!, wallTime };
    }),
  );
}

interface Field {
  readonly number: number;
  readonly integer?: number;
  readonly double?: number;
  readonly float?: number;
  readonly bytes?: Uint8Array;
}

function decodeFields(data: Uint8Array): Field[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const fields: Field[] = [];
  let at = 0;
  const integer = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = data[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const key = integer();
    const number = key >>> 3;
    if ((key & 7) === 0) fields.push({ number, integer: integer() });
    else if ((key & 7) === 1) fields.push({ number, double: view.getFloat64((at += 8) - 8, true) });
    else if ((key & 7) === 5) fields.push({ number, float: view.getFloat32((at += 4) - 4, true) });
    else {
      const size = integer();
      fields.push({ number, bytes: data.subarray(at, (at += size)) });
    }
  }
  return fields;
}

function doubleField(number: number, value: number): Uint8Array {
  const field = new Uint8Array(9);
  field[0] = (number << 3) | 1;
  new DataView(field.buffer).setFloat64(1, value, true);
  return field;
}

function bytesField(number: number, value: Uint8Array): Uint8Array {
  return concatenate([Uint8Array.from([(number << 3) | 2, ...varint(value.length)]), value]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left];
    bytes.push((left % 128) + 128);
  }
}

/** A plain array, not a view of a pooled buffer. */
function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
