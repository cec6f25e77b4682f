// Rows that are read twice: once for their moments, once to be normalized. The second read comes from a cache.
// y = activation((x + residual + residual_bias - mean) * rstd * gamma + beta) for each row.
struct Params {
  gamma_view: ParameterView,
  beta_view: ParameterView,
  residual_bias_view: ParameterView,
  teams: u32,
  rows: u32,
  segments: u32,
  items: u32,
  statistics_stride: u32,
  reciprocal: f32,
  eps: f32,
  zero: u32,
  gamma_scale: f32,
  gamma_shift: f32,
  x_offset: u32,
  residual_offset: u32,
  residual_bias_offset: u32,
  gamma_offset: u32,
  beta_offset: u32,
  y_offset: u32,
  sum_offset: u32,
  statistics_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> residual: array<Source>;
@group(0) @binding(3) var<storage, read> residual_bias: array<Parameter>;
@group(0) @binding(4) var<storage, read> gamma: array<Parameter>;
@group(0) @binding(5) var<storage, read> beta: array<Parameter>;
@group(0) @binding(6) var<storage, read_write> y: array<Result>;
@group(0) @binding(7) var<storage, read_write> sum: array<Result>;
@group(0) @binding(8) var<storage, read_write> statistics: array<f32>;

// Rows that a team normalizes side by side, with gamma and beta loaded once for all: 1 or 4.
override ROWS: u32 = 1u;
// Rows of at most 64 lanes: one chain of adds.
override SHORT: bool = false;
override CENTERED: bool = true;
override SUBTRACTS_MEAN: bool = true;
override HAS_RESIDUAL: bool = false;
override HAS_RESIDUAL_BIAS: bool = false;
override WRITES_SUM: bool = false;
override WRITES_STATISTICS: bool = false;
// gamma and beta stay the same within a segment, and an invocation walks it alone: they are loaded once a segment.
override BY_SEGMENT: bool = false;

// Where a row starts in each tensor. Kept in locals: a CPU would load a uniform again for every value.
struct Row {
  x: u32,
  residual: u32,
  residual_bias: u32,
  sum: u32,
  y: u32,
}

fn row_of(index: u32) -> Row {
  let base = index * params.segments * params.items;
  var bias = 0u;
  if (HAS_RESIDUAL_BIAS) { bias = params.residual_bias_offset + parameter_base(params.residual_bias_view, index); }
  return Row(params.x_offset + base, params.residual_offset + base, bias, params.sum_offset + base, params.y_offset + base);
}

fn load(row: Row, i: u32) -> Lane {
  var h = from_source(x[source_at(row.x + i)], row.x + i);
  if (HAS_RESIDUAL) { h += from_source(residual[source_at(row.residual + i)], row.residual + i); }
  if (HAS_RESIDUAL_BIAS) { h += Lane(residual_bias[parameter_at(params.residual_bias_view, row.residual_bias, i, params.items)]); }
  return h;
}

// What the first read of a row does, once a lane.
fn visit(row: Row, i: u32) -> Lane {
  let h = load(row, i);
  if (WRITES_SUM) { sum[row.sum + i] = to_result(h); }
  return h;
}

fn beside(row: Row, i: u32, e: Lane) -> Lane { return e; }

fn row_moments(row: Row, total: u32, inv: Invocation) -> Moments {
  var shift = 0.0;
  if (CENTERED) { shift = row_shift(row, total, inv); }
  var sums: Sums;
  if (SHORT) { sums = chain_sums(row, shift, 0u, total, inv); } else { sums = long_sums(row, shift, total, inv); }
  let whole = team_sum(vec2f(lane_sum(sums.first), lane_sum(sums.second)), inv);
  return moments_of(shift, whole, params.reciprocal, params.eps, CENTERED);
}

// m = (shift, delta, rstd) of the row.
fn normalize(row: Row, i: u32, m: vec3f, g: Lane, b: Lane) {
  var h: Lane;
  if (WRITES_SUM && RESULT_EXACT) { h = from_result(sum[row.sum + i]); } else { h = load(row, i); }
  let a = g * m.z;
  y[row.y + i] = to_result(activate((h - m.x) * a + (b - a * m.y)));
}

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let total = select(0u, params.segments * params.items, live);
  let first = select(0u, team * ROWS, live);
  let last = params.rows - 1u;
  var m0 = vec3f(0.0);
  var m1 = vec3f(0.0);
  var m2 = vec3f(0.0);
  var m3 = vec3f(0.0);
  // Looped, not unrolled: the moments are compiled once. Rows past the last repeat it.
  for (var r = 0u; r < ROWS; r++) {
    let own = min(first + r, last);
    let moments = row_moments(row_of(own), total, inv);
    if (WRITES_STATISTICS && live && team_lane(inv) == 0u) { record(own, moments); }
    let m = select(vec3f(0.0, 0.0, moments.rstd), vec3f(moments.shift, moments.delta, moments.rstd), SUBTRACTS_MEAN);
    m0 = select(m0, m, r == 0u);
    m1 = select(m1, m, r == 1u);
    m2 = select(m2, m, r == 2u);
    m3 = select(m3, m, r == 3u);
  }
  let row0 = row_of(first);
  let row1 = row_of(min(first + 1u, last));
  let row2 = row_of(min(first + 2u, last));
  let row3 = row_of(min(first + 3u, last));
  let gamma_base = params.gamma_offset + parameter_base(params.gamma_view, first);
  let beta_base = params.beta_offset + parameter_base(params.beta_view, first);
  let span = select(total, min(params.items, total), BY_SEGMENT);
  for (var start = 0u; start < total; start += span) {
    var g = gamma_at(parameter_at(params.gamma_view, gamma_base, start, params.items));
    var b = beta_at(parameter_at(params.beta_view, beta_base, start, params.items));
    for (var i = start + team_lane(inv); i < start + span; i += team_width(inv)) {
      if (!BY_SEGMENT) {
        g = gamma_at(parameter_at(params.gamma_view, gamma_base, i, params.items));
        b = beta_at(parameter_at(params.beta_view, beta_base, i, params.items));
      }
      normalize(row0, i, m0, g, b);
      if (ROWS == 4u) {
        normalize(row1, i, m1, g, b);
        normalize(row2, i, m2, g, b);
        normalize(row3, i, m3, g, b);
      }
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn row_stream(inv: Invocation) {
  work_teams(inv);
}
