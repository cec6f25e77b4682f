// Tensors that a kernel writes hold f16, written four values at a time.
enable f16;
alias Result = vec4<f16>;

// What was written is rounded.
const RESULT_EXACT = false;
// Values past the largest f16 become that, not infinity.
override SATURATES: bool = true;

// Rounded first: what is left to convert is exact.
fn to_result(v: Lane) -> Result {
  return vec4<f16>(vec4f(rounded_half(v.x, SATURATES), rounded_half(v.y, SATURATES), rounded_half(v.z, SATURATES), rounded_half(v.w, SATURATES)));
}
fn from_result(v: Result) -> Lane { return vec4f(v); }
