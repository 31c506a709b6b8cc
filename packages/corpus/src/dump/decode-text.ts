import { isAscii } from 'node:buffer';

const AMPERSAND = 38;

/**
 * The text of an XML element without markup, which is valid UTF-8, its references replaced: one pass over the bytes. Undefined when there
 * are other references than the four that dumps are written with.
 */
export function decodeText(bytes: Buffer): string | undefined {
  const isPlain = isAscii(bytes);
  if (isPlain && !bytes.includes(AMPERSAND)) return bytes.toString('latin1');
  const { units, octets } = roomFor(bytes.length);
  if (isPlain) {
    const used = decodeAscii(bytes, octets);
    return used < 0 ? undefined : octets.toString('latin1', 0, used);
  }
  const used = decodeUtf8(bytes, units);
  return used < 0 ? undefined : octets.toString('utf16le', 0, 2 * used);
}

/** Returns the number of characters; -1 for an unknown reference. */
function decodeAscii(bytes: Uint8Array, decoded: Uint8Array): number {
  let used = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte !== AMPERSAND) decoded[used++] = byte;
    else {
      const reference = referenceAt(bytes, i + 1);
      if (reference === 0) return -1;
      decoded[used++] = reference & 255;
      i += reference >> 8;
    }
  }
  return used;
}

/** Returns the number of UTF-16 units; -1 for an unknown reference. The engine's own decoder is slower, and then references are left. */
function decodeUtf8(bytes: Uint8Array, decoded: Uint16Array): number {
  let used = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte < 128) {
      if (byte !== AMPERSAND) decoded[used++] = byte;
      else {
        const reference = referenceAt(bytes, i + 1);
        if (reference === 0) return -1;
        decoded[used++] = reference & 255;
        i += reference >> 8;
      }
    } else if (byte < 0xe0) decoded[used++] = ((byte & 31) << 6) | (bytes[++i]! & 63);
    else if (byte < 0xf0) {
      decoded[used++] = ((byte & 15) << 12) | ((bytes[i + 1]! & 63) << 6) | (bytes[i + 2]! & 63);
      i += 2;
    } else {
      const above = (((byte & 7) << 18) | ((bytes[i + 1]! & 63) << 12) | ((bytes[i + 2]! & 63) << 6) | (bytes[i + 3]! & 63)) - 0x10000;
      decoded[used++] = 0xd800 | (above >> 10);
      decoded[used++] = 0xdc00 | (above & 0x3ff);
      i += 3;
    }
  }
  return used;
}

/** The character that the reference with its name at `at` stands for, and 256 times the length of the name; 0 for any other reference. */
function referenceAt(bytes: Uint8Array, at: number): number {
  const [a, b, c, d, e] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3], bytes[at + 4]];
  if (b === 116 && c === 59) return a === 108 ? 0x33c : a === 103 ? 0x33e : 0;
  if (a === 97 && b === 109 && c === 112 && d === 59) return 0x426;
  return a === 113 && b === 117 && c === 111 && d === 116 && e === 59 ? 0x522 : 0;
}

interface Room {
  readonly octets: Buffer;
  /** The same memory. */
  readonly units: Uint16Array;
}

/** Memory for a page, used again for the next: fresh memory costs more than the decoding. */
let room = roomOf(1 << 17);
/** Larger pages are rare, and their memory is given back. */
const MOST_KEPT = 1 << 23;

/** Room for that many characters. */
function roomFor(characters: number): Room {
  if (characters <= room.units.length) return room;
  const larger = roomOf(Math.max(characters, Math.min(2 * characters, MOST_KEPT)));
  if (larger.units.length <= MOST_KEPT) room = larger;
  return larger;
}

function roomOf(characters: number): Room {
  const units = new Uint16Array(characters);
  return { octets: Buffer.from(units.buffer), units };
}
