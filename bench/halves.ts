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
