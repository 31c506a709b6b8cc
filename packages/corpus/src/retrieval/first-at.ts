/** Position of the first number of at least `value` in the ascending stretch `from` to `end`; `end` when there is none. */
export function firstAt(numbers: Uint16Array, from: number, end: number, value: number): number {
  let low = from;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
