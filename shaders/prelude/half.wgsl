// f16 in the low 16 bits of a u32, exactly and on every device: WGSL lets a conversion round either way, and flush what is subnormal.

// The value of the f16 in the low 16 bits; what stands above them does not matter.
fn half_value(half: u32) -> f32 {
  let magnitude = half & 0x7fffu;
  // The exponent moves from a bias of 15 to one of 127; infinity and NaN move on to its end.
  let shifted = (magnitude << 13u) + select(0x38000000u, 0x70000000u, magnitude >= 0x7c00u);
  // Below 2^-14 a f16 counts in steps of 2^-24.
  let small = bitcast<u32>(f32(magnitude) * 5.9604644775390625e-8);
  return bitcast<f32>(select(shifted, small, magnitude < 0x400u) | ((half & 0x8000u) << 16u));
}

// The f16 nearest to v, ties to even, in the low 16 bits. Past the largest it is that where it saturates, else infinity. NaN stays NaN.
fn half_bits(v: f32, saturates: bool) -> u32 {
  let bits = bitcast<u32>(v);
  let magnitude = bits & 0x7fffffffu;
  let sign = (bits >> 16u) & 0x8000u;
  if (magnitude > 0x7f800000u) { return sign | 0x7e00u; }
  // From 65520 on.
  if (magnitude >= 0x477ff000u) { return sign | select(0x7c00u, 0x7bffu, saturates); }
  if (magnitude >= 0x38800000u) { return sign | ((magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13u) & 1u)) >> 13u); }
  // 2^-24 is bit 126 - exponent of the fraction with its leading one; past 25 all is less than half of it.
  let shift = min(126u - (magnitude >> 23u), 25u);
  let fraction = (magnitude & 0x7fffffu) | 0x800000u;
  return sign | ((fraction + (1u << (shift - 1u)) - 1u + ((fraction >> shift) & 1u)) >> shift);
}
