const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The value of an IEEE 754 half (binary16). */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** The nearest half of a f32, ties to even; beyond 65504 it is infinite. NaN stays NaN. */
export function floatToHalf(value: number): number {
  float[0] = value;
  const own = bits[0]!;
  const sign = (own >>> 16) & 0x8000;
  const size = own & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  // 65520 is the first value that rounds past the largest half.
  if (size >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 a half counts in steps of 2^-24.
  if (size < 0x38800000) return sign | roundToEven(Math.abs(float[0]!) * 2 ** 24);
  return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
