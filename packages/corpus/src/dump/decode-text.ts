import { isAscii } from 'node:buffer';

/** A reference's bytes after the ampersand, and the character that it stands for. */
const REFERENCES: readonly (readonly [name: Buffer, unit: number])[] = (
  [
    ['lt;', 60],
    ['gt;', 62],
    ['quot;', 34],
    ['amp;', 38],
  ] as const
).map(([name, unit]) => [Buffer.from(name), unit]);

/**
 * The text of an XML element without markup, which is valid UTF-8, its references replaced: one pass over the bytes. Undefined when there
 * are other references than the four that dumps are written with.
 */
export function decodeText(bytes: Buffer): string | undefined {
  if (isAscii(bytes)) return bytes.includes(38) ? decodeAscii(bytes) : bytes.toString('latin1');
  const units = roomFor(bytes.length);
  const n = bytes.length;
  let used = 0;
  for (let i = 0; i < n;) {
    const byte = bytes[i]!;
    if (byte < 0x80) {
      if (byte === 38) {
        const reference = referenceAt(bytes, i + 1);
        if (!reference) return undefined;
        units[used++] = reference[1];
        i += reference[0].length + 1;
      } else {
        units[used++] = byte;
        i++;
      }
    } else if (byte < 0xe0) {
      units[used++] = ((byte & 0x1f) << 6) | (bytes[i + 1]! & 0x3f);
      i += 2;
    } else if (byte < 0xf0) {
      units[used++] = ((byte & 0x0f) << 12) | ((bytes[i + 1]! & 0x3f) << 6) | (bytes[i + 2]! & 0x3f);
      i += 3;
    } else {
      const rest = ((bytes[i + 1]! & 0x3f) << 12) | ((bytes[i + 2]! & 0x3f) << 6) | (bytes[i + 3]! & 0x3f);
      const code = (((byte & 0x07) << 18) | rest) - 0x10000;
      units[used++] = 0xd800 | (code >> 10);
      units[used++] = 0xdc00 | (code & 0x3ff);
      i += 4;
    }
  }
  return Buffer.from(units.buffer, 0, 2 * used).toString('utf16le');
}

/** Memory for a page, used again for the next: fresh memory costs more than the decoding. */
let room = new Uint16Array(1 << 16);
/** Larger pages are rare, and their memory is given back. */
const MOST_KEPT = 1 << 22;

function roomFor(units: number): Uint16Array<ArrayBuffer> {
  if (units <= room.length) return room;
  const larger = new Uint16Array(Math.max(units, Math.min(2 * units, MOST_KEPT)));
  if (larger.length <= MOST_KEPT) room = larger;
  return larger;
}

function decodeAscii(bytes: Buffer): string | undefined {
  const decoded = Buffer.from(roomFor(bytes.length).buffer);
  const n = bytes.length;
  let used = 0;
  for (let i = 0; i < n; i++) {
    const byte = bytes[i]!;
    if (byte !== 38) {
      decoded[used++] = byte;
      continue;
    }
    const reference = referenceAt(bytes, i + 1);
    if (!reference) return undefined;
    decoded[used++] = reference[1];
    i += reference[0].length;
  }
  return decoded.toString('latin1', 0, used);
}

function referenceAt(bytes: Buffer, at: number): (typeof REFERENCES)[number] | undefined {
  for (const reference of REFERENCES) {
    const [name] = reference;
    let same = 0;
    while (same < name.length && bytes[at + same] === name[same]) same++;
    if (same === name.length) return reference;
  }
  return undefined;
}
