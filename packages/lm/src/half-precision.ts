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
