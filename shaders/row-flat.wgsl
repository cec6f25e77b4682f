// Rows that end anywhere in a lane, as lanes of the whole tensor, for a CPU: an invocation takes as many of them, one after another, as end with a lane.
// y = activation((x - mean) * rstd * gamma + beta) for each row, gamma and beta the same along it.
struct Params {
  teams: u32,
  rows: u32,
  rows_per_team: u32,
  plane_values: u32,
  parameter_count: u32,
  parameter_stride: u32,
  statistics_stride: u32,
  reciprocal: f32,
  eps: f32,
  zero: u32,
  gamma_scale: f32,
  gamma_shift: f32,
  x_offset: u32,
  gamma_offset: u32,
  beta_offset: u32,
  y_offset: u32,
  statistics_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> gamma: array<Parameter>;
@group(0) @binding(3) var<storage, read> beta: array<Parameter>;
@group(0) @binding(4) var<storage, read_write> y: array<Result>;
@group(0) @binding(5) var<storage, read_write> statistics: array<f32>;

override CENTERED: bool = true;
override WRITES_STATISTICS: bool = false;
// Three lanes are enough for a shift.
override SHORT: bool = false;

// A value near the mean of `count` lanes, from the median of three values, and the mean distance of the lanes between them.
fn shift_of(first: u32, count: u32) -> f32 {
  let a = load_lane(first);
  let b = load_lane(first + count / 2u);
  let c = load_lane(first + count - 1u);
  let start = median(lane_first(a), lane_first(b), lane_last(c));
  var distance = (a - start) + (b - start) + (c - start);
  var probes = 3u;
  if (!SHORT) {
    probes = max(probes_of(count, min(ROW_PROBES, count / 8u)), 3u);
    distance = Lane(0.0);
    for (var k = 0u; k < probes; k++) { distance += load_lane(first + k * count / probes) - start; }
  }
  return opaque(start + lane_sum(distance) / f32(probes * LANE), params.zero);
}

// The mean distance of all values from one of them.
fn held_shift(held: Held, place: u32) -> f32 {
  let start = lane_last(held.a.h0);
  return opaque(start + lane_sum(held_sums(held, start, place, params.plane_values).first) * params.reciprocal, params.zero);
}

fn held_moments(held: Held, place: u32) -> Moments {
  var shift = 0.0;
  if (CENTERED) { shift = held_shift(held, place); }
  let sums = held_sums(held, shift, place, params.plane_values);
  return moments_of(shift, vec2f(lane_sum(sums.first), lane_sum(sums.second)), params.reciprocal, params.eps, CENTERED);
}

fn row_moments(start: u32) -> Moments {
  let first = (start + LANE - 1u) >> LANE_BITS;
  var shift = 0.0;
  if (CENTERED) { shift = shift_of(first, ((start + params.plane_values) >> LANE_BITS) - first); }
  let sums = flat_sums(shift, start, params.plane_values);
  return moments_of(shift, vec2f(lane_sum(sums.first), lane_sum(sums.second)), params.reciprocal, params.eps, CENTERED);
}

fn line_of(m: Moments, parameter: u32) -> Line {
  let place = parameter * params.parameter_stride;
  let a = lane_first(gamma_at(params.gamma_offset + place)) * m.rstd;
  let b = lane_first(beta_at(params.beta_offset + place));
  if (!SUBTRACTS_MEAN) { return Line(0.0, a, b); }
  return Line(m.shift, a, b - a * m.delta);
}

// Normalizes a row, and gives the line that it is normalized with. The row before it ended with line `before`.
fn apply_row(index: u32, parameter: u32, before: Line, first_lane: u32, last_lane: u32) -> Line {
  let start = index * params.plane_values;
  var m: Moments;
  var line: Line;
  if (HELD > 0u) {
    let place = place_in_lane(start);
    let held = hold(start >> LANE_BITS);
    m = held_moments(held, place);
    line = line_of(m, parameter);
    apply_held(held, start >> LANE_BITS, place, before, line);
  } else {
    m = row_moments(start);
    line = line_of(m, parameter);
    apply_plane(start, before, line, first_lane, last_lane);
  }
  if (WRITES_STATISTICS) { record(index, m); }
  return line;
}

fn work(team: u32, inv: Invocation) {
  // Arrays are never empty: a compiler that sees their lengths here counts each of them once, not at every access.
  if ((team >= params.teams) | (arrayLength(&x) == 0u) | (arrayLength(&y) == 0u)) { return; }
  let first = team * params.rows_per_team;
  let end = min(first + params.rows_per_team, params.rows);
  let first_lane = (first * params.plane_values) >> LANE_BITS;
  let last_lane = (end * params.plane_values) >> LANE_BITS;
  var parameter = first % params.parameter_count;
  var before = Line(0.0, 0.0, 0.0);
  for (var index = first; index < end; index++) {
    before = apply_row(index, parameter, before, first_lane, last_lane);
    parameter = select(parameter + 1u, 0u, parameter + 1u == params.parameter_count);
  }
}

@compute @workgroup_size(WORKGROUP)
fn row_flat(inv: Invocation) {
  work_teams(inv);
}
