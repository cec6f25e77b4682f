// Tensors that a kernel writes a lane at a time hold f32.
alias Result = Lane;

// What was written may be read again in place of what it was made from.
const RESULT_EXACT = true;
// Values past the largest f16 become that, not infinity: of results in f16.
override SATURATES: bool = true;

fn to_result(v: Lane) -> Result { return v; }
fn from_result(v: Result) -> Lane { return v; }
