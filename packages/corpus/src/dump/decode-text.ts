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
  const encoding = isAscii(bytes) ? 'latin1' : 'utf8';
  if (!bytes.includes(38)) return bytes.toString(encoding);
  const decoded = roomFor(bytes.length);
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
  return decoded.toString(encoding, 0, used);
}

/** Memory for a page, used again for the next: fresh memory costs more than the decoding. */
let room = Buffer.alloc(1 << 17);
/** Larger pages are rare, and their memory is given back. */
const MOST_KEPT = 1 << 23;

function roomFor(bytes: number): Buffer {
  if (bytes <= room.length) return room;
  const larger = Buffer.alloc(Math.max(bytes, Math.min(2 * bytes, MOST_KEPT)));
  if (larger.length <= MOST_KEPT) room = larger;
  return larger;
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
