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

fn row_moments(start: u32) -> Moments {
  let first = (start + LANE - 1u) / LANE;
  var shift = 0.0;
  if (CENTERED) { shift = shift_of(first, (start + params.plane_values) / LANE - first); }
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

fn work(team: u32, inv: Invocation) {
  if (team >= params.teams) { return; }
  let first = team * params.rows_per_team;
  let end = min(first + params.rows_per_team, params.rows);
  let first_lane = first * params.plane_values / LANE;
  let last_lane = end * params.plane_values / LANE;
  var parameter = first % params.parameter_count;
  var before = Line(0.0, 0.0, 0.0);
  for (var index = first; index < end; index++) {
    let start = index * params.plane_values;
    let m = row_moments(start);
    if (WRITES_STATISTICS) { record(index, m); }
    let line = line_of(m, parameter);
    apply_plane(start, before, line, first_lane, last_lane);
    before = line;
    parameter = select(parameter + 1u, 0u, parameter + 1u == params.parameter_count);
  }
}

@compute @workgroup_size(WORKGROUP)
fn row_flat(inv: Invocation) {
  work_teams(inv);
}
