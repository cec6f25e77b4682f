// A lane holds one value: for tensors whose rows do not stay 16-byte aligned.
alias Lane = f32;
const LANE = 1u;
const LANE_BITS = 0u;

fn lane_sum(v: Lane) -> f32 { return v; }
fn lane_first(v: Lane) -> f32 { return v; }
fn lane_last(v: Lane) -> f32 { return v; }
fn lane_of(a: f32, b: f32, c: f32, d: f32) -> Lane { return a; }
fn lane_value(v: Lane, i: u32) -> f32 { return v; }
fn lane_opaque(v: Lane, zero: u32) -> Lane { return bitcast<f32>(bitcast<u32>(v) ^ zero); }
fn lane_max(v: Lane) -> f32 { return v; }
fn lane_with(v: Lane, i: u32, value: f32) -> Lane { return value; }
fn lane_below(v: Lane, other: Lane, place: u32, count: u32) -> Lane { return select(other, v, place < count); }
