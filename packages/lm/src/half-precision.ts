/** Widens half-precision numbers, given as their bits, exactly to float32 (infinities, NaN and numbers below the normal range included). */
export function widenNumbers(bits: Uint16Array, format: 'F16' | 'BF16', target: Float32Array): void {
  if (format === 'BF16') {
    // The upper half of a float32.
    const wide = new Uint32Array(target.buffer, target.byteOffset, target.length);
    for (let i = 0; i < bits.length; i++) wide[i] = bits[i]! << 16;
    return;
  }
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i]!;
    const exponent = (value >> 10) & 31;
    const fraction = value & 1023;
    let magnitude = (1 + fraction / 1024) * 2 ** (exponent - 15);
    if (exponent === 0) magnitude = fraction * 2 ** -24;
    else if (exponent === 31) magnitude = fraction ? Number.NaN : Number.POSITIVE_INFINITY;
    target[i] = value & 0x8000 ? -magnitude : magnitude;
  }
}

/**
 * Rounds float32 numbers to half precision, to the nearest and of two equally near to the even one, and gives their bits, as PyTorch does:
 * what is beyond the range becomes infinite, what is below the normal range keeps the bits that fit.
 */
export function narrowNumbers(numbers: Float32Array, format: 'F16' | 'BF16', target: Uint16Array): void {
  const wide = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  if (format === 'F16') for (let i = 0; i < wide.length; i++) target[i] = nearestF16(wide[i]!);
  else for (let i = 0; i < wide.length; i++) target[i] = nearestBF16(wide[i]!);
}

/** Bits of a float32 above its sign. */
const MAGNITUDE = 0x7fffffff;
const INFINITE = 0x7f800000;

function nearestBF16(bits: number): number {
  if ((bits & MAGNITUDE) > INFINITE) return (bits >>> 16) | 0x40; // NaN stays NaN, also when its payload is in the bits that go.
  // Half a unit, less a hair where the last bit that stays is even; a carry goes into the exponent.
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

function nearestF16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & MAGNITUDE;
  if (magnitude > INFINITE) return sign | 0x7e00;
  // From 65520 on, halfway between the largest number and the one that would follow.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // From 2^-14 on, the normal range: the exponent's bias goes from 127 to 15.
  if (magnitude >= 0x38800000) return sign | ((magnitude + 0xfff + ((magnitude >>> 13) & 1) - 0x38000000) >>> 13);
  // Below it, whole multiples of 2^-24: 2^-24 and less is half a unit or nothing.
  const exponent = magnitude >>> 23;
  if (exponent < 102) return sign;
  const shift = 126 - exponent;
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  return sign | ((fraction + (1 << (shift - 1)) - 1 + ((fraction >>> shift) & 1)) >>> shift);
}
