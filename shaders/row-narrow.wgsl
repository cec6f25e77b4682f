// Narrow rows of a CPU, in registers: an invocation goes through rows that together are whole lanes, with gamma and beta loaded once for all of them. A row is turned in its registers so
// that its first value comes first; lanes that two rows share are loaded and stored once.
// y = activation((x + residual - mean) * rstd * gamma + beta) for each row, gamma and beta along it.
struct Params {
  teams: u32,
  rows: u32,
  rows_per_team: u32,
  statistics_stride: u32,
  reciprocal: f32,
  eps: f32,
  zero: u32,
  gamma_scale: f32,
  gamma_shift: f32,
  x_offset: u32,
  residual_offset: u32,
  gamma_offset: u32,
  beta_offset: u32,
  y_offset: u32,
  sum_offset: u32,
  statistics_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> residual: array<Source>;
@group(0) @binding(3) var<storage, read> gamma: array<Parameter>;
@group(0) @binding(4) var<storage, read> beta: array<Parameter>;
@group(0) @binding(5) var<storage, read_write> y: array<Result>;
@group(0) @binding(6) var<storage, read_write> sum: array<Result>;
@group(0) @binding(7) var<storage, read_write> statistics: array<vec4f>;

// Rows need not start with a lane.
override SEAMS: bool = true;
// Rows a round: 4, each of which starts at a place that is known here; or 1.
override ROWS: u32 = 4u;
override CENTERED: bool = true;
override SUBTRACTS_MEAN: bool = true;
override HAS_RESIDUAL: bool = false;
override WRITES_SUM: bool = false;
override WRITES_STATISTICS: bool = false;

var<private> scale: Lanes;
var<private> offset: Lanes;
// The lane that was loaded last, which may belong to the next row too, and the one that is not yet full.
var<private> loaded: Lane;
var<private> open: Lane;

fn visit(i: u32) -> Lane {
  var h = from_source(x[source_at(params.x_offset + i)], params.x_offset + i);
  if (HAS_RESIDUAL) { h += from_source(residual[source_at(params.residual_offset + i)], params.residual_offset + i); }
  if (WRITES_SUM) { sum[params.sum_offset + i] = to_result(h); }
  return h;
}

// Lane k of a row that starts at `place` of lane `first`.
fn hold(first: u32, k: u32, place: u32) -> Lane {
  if (!SEAMS) { return visit(first + k); }
  let low = loaded;
  let end = (k + 1u) * LANE;
  if ((end < WIDTH) | (end < WIDTH + place)) { loaded = visit(first + k + 1u); }
  return turned(low, loaded, place);
}

// The same of y, which fills the lane that is open.
fn put(v: Lane, first: u32, k: u32, place: u32, line: vec3f, g: Lane, b: Lane) {
  let z = activate(((v - line.x) * line.y - line.z) * g + b);
  if (!SEAMS) {
    y[params.y_offset + first + k] = to_result(z);
    return;
  }
  let rest = turned(z, z, (LANE - place) & 3u);
  open = lane_below(open, rest, 0u, place);
  let end = (k + 1u) * LANE;
  if ((end <= WIDTH) | (WIDTH + place >= end)) {
    y[params.y_offset + first + k] = to_result(open);
    open = rest;
  }
}

fn hold_row(first: u32, place: u32) {
  if (SEAMS && place == 0u) { loaded = visit(first); }
  held.v0 = hold(first, 0u, place);
  if (HELD > 1u) { held.v1 = hold(first, 1u, place); }
  if (HELD > 2u) { held.v2 = hold(first, 2u, place); }
  if (HELD > 3u) { held.v3 = hold(first, 3u, place); }
  if (HELD > 4u) { held.v4 = hold(first, 4u, place); }
  if (HELD > 5u) { held.v5 = hold(first, 5u, place); }
  if (HELD > 6u) { held.v6 = hold(first, 6u, place); }
  if (HELD > 7u) { held.v7 = hold(first, 7u, place); }
  if (HELD > 8u) { held.v8 = hold(first, 8u, place); }
  if (HELD > 9u) { held.v9 = hold(first, 9u, place); }
  if (HELD > 10u) { held.v10 = hold(first, 10u, place); }
  if (HELD > 11u) { held.v11 = hold(first, 11u, place); }
  if (HELD > 12u) { held.v12 = hold(first, 12u, place); }
  if (HELD > 13u) { held.v13 = hold(first, 13u, place); }
  if (HELD > 14u) { held.v14 = hold(first, 14u, place); }
  if (HELD > 15u) { held.v15 = hold(first, 15u, place); }
}

fn put_row(first: u32, place: u32, line: vec3f) {
  put(held.v0, first, 0u, place, line, scale.v0, offset.v0);
  if (HELD > 1u) { put(held.v1, first, 1u, place, line, scale.v1, offset.v1); }
  if (HELD > 2u) { put(held.v2, first, 2u, place, line, scale.v2, offset.v2); }
  if (HELD > 3u) { put(held.v3, first, 3u, place, line, scale.v3, offset.v3); }
  if (HELD > 4u) { put(held.v4, first, 4u, place, line, scale.v4, offset.v4); }
  if (HELD > 5u) { put(held.v5, first, 5u, place, line, scale.v5, offset.v5); }
  if (HELD > 6u) { put(held.v6, first, 6u, place, line, scale.v6, offset.v6); }
  if (HELD > 7u) { put(held.v7, first, 7u, place, line, scale.v7, offset.v7); }
  if (HELD > 8u) { put(held.v8, first, 8u, place, line, scale.v8, offset.v8); }
  if (HELD > 9u) { put(held.v9, first, 9u, place, line, scale.v9, offset.v9); }
  if (HELD > 10u) { put(held.v10, first, 10u, place, line, scale.v10, offset.v10); }
  if (HELD > 11u) { put(held.v11, first, 11u, place, line, scale.v11, offset.v11); }
  if (HELD > 12u) { put(held.v12, first, 12u, place, line, scale.v12, offset.v12); }
  if (HELD > 13u) { put(held.v13, first, 13u, place, line, scale.v13, offset.v13); }
  if (HELD > 14u) { put(held.v14, first, 14u, place, line, scale.v14, offset.v14); }
  if (HELD > 15u) { put(held.v15, first, 15u, place, line, scale.v15, offset.v15); }
}

fn hold_parameters() {
  scale.v0 = gamma_lane(0u); offset.v0 = beta_lane(0u);
  if (HELD > 1u) { scale.v1 = gamma_lane(1u); offset.v1 = beta_lane(1u); }
  if (HELD > 2u) { scale.v2 = gamma_lane(2u); offset.v2 = beta_lane(2u); }
  if (HELD > 3u) { scale.v3 = gamma_lane(3u); offset.v3 = beta_lane(3u); }
  if (HELD > 4u) { scale.v4 = gamma_lane(4u); offset.v4 = beta_lane(4u); }
  if (HELD > 5u) { scale.v5 = gamma_lane(5u); offset.v5 = beta_lane(5u); }
  if (HELD > 6u) { scale.v6 = gamma_lane(6u); offset.v6 = beta_lane(6u); }
  if (HELD > 7u) { scale.v7 = gamma_lane(7u); offset.v7 = beta_lane(7u); }
  if (HELD > 8u) { scale.v8 = gamma_lane(8u); offset.v8 = beta_lane(8u); }
  if (HELD > 9u) { scale.v9 = gamma_lane(9u); offset.v9 = beta_lane(9u); }
  if (HELD > 10u) { scale.v10 = gamma_lane(10u); offset.v10 = beta_lane(10u); }
  if (HELD > 11u) { scale.v11 = gamma_lane(11u); offset.v11 = beta_lane(11u); }
  if (HELD > 12u) { scale.v12 = gamma_lane(12u); offset.v12 = beta_lane(12u); }
  if (HELD > 13u) { scale.v13 = gamma_lane(13u); offset.v13 = beta_lane(13u); }
  if (HELD > 14u) { scale.v14 = gamma_lane(14u); offset.v14 = beta_lane(14u); }
  if (HELD > 15u) { scale.v15 = gamma_lane(15u); offset.v15 = beta_lane(15u); }
}

fn take(first: u32, place: u32) -> Moments {
  hold_row(first, place);
  var shift = 0.0;
  // Any value of a row is near enough to find the mean from, and the mean distance of all of them is exact enough.
  if (CENTERED) { shift = opaque(lane_first(held.v0) + narrow_sums(lane_first(held.v0)).x * params.reciprocal, params.zero); }
  let m = moments_of(shift, narrow_sums(shift), params.reciprocal, params.eps, CENTERED);
  var line = vec3f(0.0, m.rstd, 0.0);
  if (SUBTRACTS_MEAN) { line = vec3f(m.shift, m.rstd, m.delta * m.rstd); }
  put_row(first, place, line);
  return m;
}

// Four rows' moments at once: a store of one value costs as much as one of four.
fn record_four(at: u32, stride: u32, m0: Moments, m1: Moments, m2: Moments, m3: Moments) {
  let shift = vec4f(m0.shift, m1.shift, m2.shift, m3.shift);
  let delta = vec4f(m0.delta, m1.delta, m2.delta, m3.delta);
  statistics[at] = shift + delta;
  statistics[at + stride] = vec4f(m0.rstd, m1.rstd, m2.rstd, m3.rstd);
  statistics[at + 2u * stride] = shift;
  statistics[at + 3u * stride] = delta;
  statistics[at + 4u * stride] = vec4f(m0.variance, m1.variance, m2.variance, m3.variance);
}

fn record_one(index: u32, stride: u32, m: Moments) {
  let at = params.statistics_offset + (index >> 2u);
  let k = index & 3u;
  statistics[at][k] = m.shift + m.delta;
  statistics[at + stride][k] = m.rstd;
  statistics[at + 2u * stride][k] = m.shift;
  statistics[at + 3u * stride][k] = m.delta;
  statistics[at + 4u * stride][k] = m.variance;
}

fn work(team: u32, inv: Invocation) {
  // Arrays are never empty: a compiler that sees their lengths here counts each of them once, not at every access.
  if ((team >= params.teams) | (arrayLength(&x) == 0u) | (arrayLength(&y) == 0u)) { return; }
  hold_parameters();
  let stride = params.statistics_stride >> 2u;
  let begin = team * params.rows_per_team;
  let end = min(begin + params.rows_per_team, params.rows);
  for (var index = begin; index < end; index += ROWS) {
    let start = index * WIDTH;
    let first = start >> LANE_BITS;
    if (ROWS == 4u) {
      let m0 = take(first, 0u);
      let m1 = take(first + WIDTH / 4u, WIDTH & 3u);
      let m2 = take(first + WIDTH / 2u, (2u * WIDTH) & 3u);
      let m3 = take(first + 3u * WIDTH / 4u, (3u * WIDTH) & 3u);
      if (WRITES_STATISTICS) { record_four(params.statistics_offset + (index >> 2u), stride, m0, m1, m2, m3); }
    } else {
      let m = take(first, start & 3u);
      if (WRITES_STATISTICS) { record_one(index, stride, m); }
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn row_narrow(inv: Invocation) {
  work_teams(inv);
}
