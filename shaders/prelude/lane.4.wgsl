// A lane holds four neighbouring values.
alias Lane = vec4f;
const LANE = 4u;
// A CPU shifts fast and divides slowly: i / LANE.
const LANE_BITS = 2u;

fn lane_sum(v: Lane) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn lane_first(v: Lane) -> f32 { return v.x; }
fn lane_last(v: Lane) -> f32 { return v.w; }
fn lane_of(a: f32, b: f32, c: f32, d: f32) -> Lane { return vec4f(a, b, c, d); }
fn lane_value(v: Lane, i: u32) -> f32 { return v[i]; }
fn lane_opaque(v: Lane, zero: u32) -> Lane { return bitcast<vec4f>(bitcast<vec4u>(v) ^ vec4u(zero)); }
fn lane_max(v: Lane) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }
fn lane_with(v: Lane, i: u32, value: f32) -> Lane { return select(v, vec4f(value), vec4u(0u, 1u, 2u, 3u) == vec4u(i)); }
// Values whose place, counted on from `place`, is below `count` are of v, others of `other`.
fn lane_below(v: Lane, other: Lane, place: u32, count: u32) -> Lane { return select(other, v, vec4u(place) + vec4u(0u, 1u, 2u, 3u) < vec4u(count)); }
