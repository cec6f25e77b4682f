// Tensors that a kernel writes hold f16, written a value at a time.
enable f16;
alias Result = f16;

// What was written is rounded.
const RESULT_EXACT = false;
// Values past the largest f16 become that, not infinity.
override SATURATES: bool = true;

// Rounded first: what is left to convert is exact.
fn to_result(v: Lane) -> Result { return f16(rounded_half(v, SATURATES)); }
fn from_result(v: Result) -> Lane { return f32(v); }
