/** Lines as UTF-8, one after the other: a line turned into bytes at once leaves the garbage collector less to copy than one that is kept. */
export interface LineBytes {
  add(line: string): void;
  count(): number;
  /** The lines, each with its end; called once, after the last. */
  finish(): Uint8Array<ArrayBuffer>;
}

export function openLines(): LineBytes {
  let room = Buffer.allocUnsafeSlow(1 << 21);
  let used = 0;
  let count = 0;
  return {
    add(line) {
      // A unit of UTF-16 takes at most three bytes.
      const most = used + 3 * line.length + 1;
      if (most > room.length) {
        const larger = Buffer.allocUnsafeSlow(2 * most);
        larger.set(room.subarray(0, used));
        room = larger;
      }
      used += room.write(line, used);
      room[used++] = 10;
      count++;
    },
    count: () => count,
    finish: () => new Uint8Array(room.subarray(0, used)),
  };
}
