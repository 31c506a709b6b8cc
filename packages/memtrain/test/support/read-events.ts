/**
 * A second reader of TensorBoard event files, written from the formats' definitions (TFRecord, protobuf, CRC-32C bit by bit) and sharing nothing
 * with the writer, so that a fault in the one does not hide in the other. Throws on anything that does not fit.
 */
export interface EventFile {
  readonly version: string;
  readonly scalars: readonly { readonly step: number; readonly tag: string; readonly value: number; readonly wallTime: number }[];
}

export function readEvents(bytes: Buffer): EventFile {
  const scalars: EventFile['scalars'][number][] = [];
  let version = '';
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    check(bytes.readUInt32LE(at + 8) === masked(bytes.subarray(at, at + 8)), `CRC of the length at ${at}`);
    const data = bytes.subarray(at + 12, at + 12 + length);
    check(bytes.readUInt32LE(at + 12 + length) === masked(data), `CRC of the data at ${at}`);
    at += 16 + length;
    // Event: 1 wall_time (double), 2 step (int64), 3 file_version (string), 5 summary.
    const event = fieldsOf(data);
    const wallTime = event.get(1)?.readDoubleLE() ?? 0;
    const step = event.has(2) ? Number(varint(event.get(2)!, 0).value) : 0;
    if (event.has(3)) version = event.get(3)!.toString();
    if (!event.has(5)) continue;
    // Summary: 1 value. Value: 1 tag (string), 2 simple_value (float).
    const value = fieldsOf(fieldsOf(event.get(5)!).get(1)!);
    scalars.push({ step, tag: value.get(1)!.toString(), value: value.get(2)!.readFloatLE(), wallTime });
  }
  return { version, scalars };
}

/** The fields of a protobuf message by number; each may stand there once. */
function fieldsOf(data: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>();
  for (let at = 0; at < data.length;) {
    const key = varint(data, at);
    at = key.end;
    const wire = Number(key.value & 7n);
    let end = at;
    if (wire === 0) end = varint(data, at).end;
    else if (wire === 1) end = at + 8;
    else if (wire === 5) end = at + 4;
    else {
      check(wire === 2, `wire type ${wire}`);
      const length = varint(data, at);
      at = length.end;
      end = at + Number(length.value);
    }
    const number = Number(key.value >> 3n);
    check(end <= data.length && !fields.has(number), `field ${number}`);
    fields.set(number, data.subarray(at, end));
    at = end;
  }
  return fields;
}

function varint(data: Buffer, start: number): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let at = start, shift = 0n; ; at++, shift += 7n) {
    value |= BigInt(data[at]! & 127) << shift;
    if (data[at]! < 128) return { value, end: at + 1 };
  }
}

/** CRC-32C with the reflected polynomial 0x82f63b78, bit by bit, masked as TFRecord files have it. */
function masked(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  crc = (crc ^ 0xffffffff) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function check(right: boolean, what: string): void {
  if (!right) throw new Error(`the event file is damaged: ${what}`);
}
