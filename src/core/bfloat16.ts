const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The value of a bfloat16: the upper half of a f32. */
export function bfloat16ToFloat(half: number): number {
  bits[0] = half << 16;
  return float[0]!;
}

/** The nearest bfloat16, ties to even. NaN stays NaN. */
export function floatToBfloat16(value: number): number {
  float[0] = value;
  const own = bits[0]!;
  if (value !== value) return (own >>> 16) | 0x40;
  return (own + 0x7fff + ((own >>> 16) & 1)) >>> 16;
}
