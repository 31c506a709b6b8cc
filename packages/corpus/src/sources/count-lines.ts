/** Lines in a batch of whole lines; the last may lack its end. An empty batch stands for one oversized line. */
export function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  return bytes.length === 0 || bytes[bytes.length - 1] !== 10 ? lines + 1 : lines;
}
