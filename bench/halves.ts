/** The smallest normal half. */
const LEAST_NORMAL = 2 ** -14;
/** In float64 its last digit is the smallest half, 2^-24. */
const STEP = 1.5 * 2 ** 28;
/** Leaves 11 of the 53 digits of a float64. */
const SPLIT = 2 ** 42 + 1;

/** The nearest half of each value below 65 504, as f32: the first 11 digits, or fewer where it is tiny. */
export function roundedToHalves(values: Float32Array): Float32Array {
  return values.map((value) => {
    if (Math.abs(value) < LEAST_NORMAL) return value + STEP - STEP;
    const large = value * SPLIT;
    return large - (large - value);
  });
}

/** The bits of values that are halves. */
export function bitsOfHalves(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, (word, i) => {
    const sign = (word >>> 16) & 0x8000;
    const exponent = ((word >>> 23) & 0xff) - 127;
    // What is below the normal halves counts in steps of the smallest.
    return sign | (exponent < -14 ? Math.abs(values[i]!) * 2 ** 24 : ((exponent + 15) << 10) | ((word >>> 13) & 0x3ff));
  });
}

/** The value of each half, by its bits. */
let table: Float32Array | null = null;

function valueOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Halves as f32. */
export function valuesOfHalves(halves: Uint16Array): Float32Array {
  const values = (table ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => valueOf(bits)));
  const result = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) result[i] = values[halves[i]!]!;
  return result;
}
