import type { LanguageModelConfiguration } from './configuration.ts';

/** Angle by which each of the headSize / 2 pairs turns from one position to the next. */
export function rotaryFrequencies(configuration: LanguageModelConfiguration): number[] {
  const { headSize, ropeTheta, ropeScaling } = configuration;
  const half = headSize / 2;
  const plain = Array.from({ length: half }, (_, i) => ropeTheta ** (-i / half));
  if (!ropeScaling) return plain;
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalMaxPositions } = ropeScaling;
  return plain.map((frequency) => {
    // Turns that a pair makes over the pretrained context: few are stretched whole, many are left, in between is a blend.
    const turns = (originalMaxPositions * frequency) / (2 * Math.PI);
    const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return (1 - kept) * (frequency / factor) + kept * frequency;
  });
}

/** Cosines and sines of the rotary angles, row-major [positions, headSize / 2]. */
export function rotaryTable(
  configuration: LanguageModelConfiguration,
  positions: ArrayLike<number>,
): { cos: Float32Array; sin: Float32Array } {
  const frequencies = rotaryFrequencies(configuration);
  const half = frequencies.length;
  const cos = new Float32Array(positions.length * half);
  const sin = new Float32Array(positions.length * half);
  /** Positions come many times: copies are quicker than cosines. */
  const rows = new Map<number, number>();
  for (let row = 0; row < positions.length; row++) {
    const same = rows.get(positions[row]!);
    if (same !== undefined) {
      for (const table of [cos, sin]) table.copyWithin(row * half, same * half, (same + 1) * half);
      continue;
    }
    rows.set(positions[row]!, row);
    for (let i = 0; i < half; i++) {
      const angle = positions[row]! * frequencies[i]!;
      cos[row * half + i] = Math.cos(angle);
      sin[row * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
