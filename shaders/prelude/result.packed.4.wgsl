// Tensors that a kernel writes hold f16, four in two words, on a device that has no f16.
alias Result = vec2u;

// What was written is rounded.
const RESULT_EXACT = false;
// Values past the largest f16 become that, not infinity.
override SATURATES: bool = true;

fn two_halves(a: f32, b: f32) -> u32 { return half_bits(a, SATURATES) | (half_bits(b, SATURATES) << 16u); }
fn to_result(v: Lane) -> Result { return vec2u(two_halves(v.x, v.y), two_halves(v.z, v.w)); }
fn from_result(v: Result) -> Lane {
  return vec4f(half_value(v.x), half_value(v.x >> 16u), half_value(v.y), half_value(v.y >> 16u));
}
