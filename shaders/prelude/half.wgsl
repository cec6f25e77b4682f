// f16 in the low 16 bits of a u32, exactly and on every device: WGSL lets a conversion round either way, and flush what is subnormal. Without a branch: a CPU takes both sides of each.

// The value of the f16 in the low 16 bits; what stands above them does not matter.
fn half_value(half: u32) -> f32 {
  let magnitude = half & 0x7fffu;
  // The exponent moves from a bias of 15 to one of 127; infinity and NaN move on to its end.
  let shifted = (magnitude << 13u) + select(0x38000000u, 0x70000000u, magnitude >= 0x7c00u);
  // Below 2^-14 a f16 counts in steps of 2^-24.
  let small = bitcast<u32>(f32(magnitude) * 5.9604644775390625e-8);
  return bitcast<f32>(select(shifted, small, magnitude < 0x400u) | ((half & 0x8000u) << 16u));
}

// The f16 nearest to v, ties to even, as a f32. Past the largest it is that where it saturates, else infinity. NaN stays NaN.
fn rounded_half(v: f32, saturates: bool) -> f32 {
  let bits = bitcast<u32>(v);
  let magnitude = bits & 0x7fffffffu;
  let normal = (magnitude + 0xfffu + ((magnitude >> 13u) & 1u)) & 0xffffe000u;
  let small = bitcast<u32>(round(bitcast<f32>(magnitude) * 16777216.0) * 5.9604644775390625e-8);
  var half = select(normal, small, magnitude < 0x38800000u);
  // From 65520 on.
  half = select(half, select(0x7f800000u, 0x477fe000u, saturates), magnitude >= 0x477ff000u);
  half = select(half, 0x7fc00000u, magnitude > 0x7f800000u);
  return bitcast<f32>(half | (bits & 0x80000000u));
}

// The same in the low 16 bits.
fn half_bits(v: f32, saturates: bool) -> u32 {
  let bits = bitcast<u32>(rounded_half(v, saturates));
  let magnitude = bits & 0x7fffffffu;
  let shifted = (magnitude - select(0x38000000u, 0x70000000u, magnitude >= 0x7f800000u)) >> 13u;
  return select(shifted, u32(bitcast<f32>(magnitude) * 16777216.0), magnitude < 0x38800000u) | ((bits >> 16u) & 0x8000u);
}
