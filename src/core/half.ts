const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** Where the upper word of a float64 lies on this machine. */
const HIGH = new Uint8Array(Uint16Array.of(1).buffer)[0];
const LOW = 1 - HIGH!;

/** The value of an IEEE 754 half (binary16). */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** The half nearest to a number, ties to even, without a stop at f32 on the way; from 65520 on it is infinite. NaN stays NaN. */
export function floatToHalf(value: number): number {
  float[0] = value;
  const high = words[HIGH!]!;
  const isRest = words[LOW]! !== 0;
  const sign = (high >>> 16) & 0x8000;
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  const fraction = high & 0xfffff;
  if (exponent === 1024) return fraction || isRest ? sign | 0x7e00 : sign | 0x7c00;
  if (exponent > 15) return sign | 0x7c00;
  // Half of the smallest half is 2^-25.
  if (exponent < -25) return sign;
  // A carry out of the fraction moves the exponent on, at the end to infinity.
  if (exponent >= -14) return sign | rounded(((exponent + 15) << 20) | fraction, 10, isRest);
  return sign | rounded(0x100000 | fraction, -4 - exponent, isRest);
}

/** bits / 2^shift to the nearest whole number, ties to even; `isRest`: the true value lies a little above bits. */
function rounded(bits: number, shift: number, isRest: boolean): number {
  const below = bits >>> shift;
  const rest = bits & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return rest > middle || (rest === middle && (isRest || (below & 1) === 1)) ? below + 1 : below;
}

/** Numbers as halves. */
export function toHalves(values: ArrayLike<number>): Uint16Array {
  return Uint16Array.from(values, floatToHalf);
}

/** Halves as f32. */
export function fromHalves(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, halfToFloat);
}
