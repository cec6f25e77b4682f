// Rows that a team holds in registers: one read, one write, and moments about the exact mean.
// y = activation((x + residual + residual_bias - mean) * rstd * gamma + beta) for each row.
// What is left where a subgroup is smaller than planned is read again, so that no reported size is trusted.
struct Params {
  gamma_view: ParameterView,
  beta_view: ParameterView,
  residual_bias_view: ParameterView,
  teams: u32,
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

// Lanes an invocation holds: 1 to 8, in registers with names (an indexed array would be spilled to memory).
override HELD: u32 = 1u;
override CENTERED: bool = true;
override SUBTRACTS_MEAN: bool = true;
override HAS_RESIDUAL: bool = false;
override HAS_RESIDUAL_BIAS: bool = false;
override WRITES_SUM: bool = false;
override WRITES_STATISTICS: bool = false;

struct Row {
  base: u32,
  bias: u32,
  gamma: u32,
  beta: u32,
  total: u32,
}

fn load(row: Row, i: u32) -> Lane {
  let x_at = params.x_offset + row.base + i;
  var h = from_source(x[source_at(x_at)], x_at);
  if (HAS_RESIDUAL) {
    let residual_at = params.residual_offset + row.base + i;
    h += from_source(residual[source_at(residual_at)], residual_at);
  }
  if (HAS_RESIDUAL_BIAS) { h += Lane(residual_bias[parameter_at(params.residual_bias_view, row.bias, i, params.items)]); }
  return h;
}

fn hold(row: Row, i: u32) -> Lane {
  if (i >= row.total) { return Lane(0.0); }
  let h = load(row, i);
  if (WRITES_SUM) { sum[params.sum_offset + row.base + i] = to_result(h); }
  return h;
}

// Lanes past the end of the row count as the shift itself.
fn distance(h: Lane, shift: f32, i: u32, total: u32) -> Lane {
  return select(Lane(0.0), h - shift, i < total);
}

fn normalize(row: Row, i: u32, h: Lane, m: Moments) {
  if (i >= row.total) { return; }
  let a = gamma_at(parameter_at(params.gamma_view, row.gamma, i, params.items)) * m.rstd;
  let b = beta_at(parameter_at(params.beta_view, row.beta, i, params.items));
  y[params.y_offset + row.base + i] = to_result(activate((h - m.shift) * a + (b - a * m.delta)));
}

fn normalize_row(index: u32, row: Row, live: bool, inv: Invocation) {
  let w = team_width(inv);
  let i = team_lane(inv);
  var h1: Lane; var h2: Lane; var h3: Lane; var h4: Lane; var h5: Lane; var h6: Lane; var h7: Lane;
  let h0 = hold(row, i);
  if (HELD > 1u) { h1 = hold(row, i + w); }
  if (HELD > 2u) { h2 = hold(row, i + 2u * w); }
  if (HELD > 3u) { h3 = hold(row, i + 3u * w); }
  if (HELD > 4u) { h4 = hold(row, i + 4u * w); }
  if (HELD > 5u) { h5 = hold(row, i + 5u * w); }
  if (HELD > 6u) { h6 = hold(row, i + 6u * w); }
  if (HELD > 7u) { h7 = hold(row, i + 7u * w); }

  var shift = 0.0;
  if (CENTERED) {
    let last = max(row.total, 1u) - 1u;
    let start = median(lane_first(load(row, 0u)), lane_first(load(row, row.total / 2u)), lane_last(load(row, last)));
    var far = distance(h0, start, i, row.total);
    if (HELD > 1u) { far += distance(h1, start, i + w, row.total); }
    if (HELD > 2u) { far += distance(h2, start, i + 2u * w, row.total); }
    if (HELD > 3u) { far += distance(h3, start, i + 3u * w, row.total); }
    if (HELD > 4u) { far += distance(h4, start, i + 4u * w, row.total); }
    if (HELD > 5u) { far += distance(h5, start, i + 5u * w, row.total); }
    if (HELD > 6u) { far += distance(h6, start, i + 6u * w, row.total); }
    if (HELD > 7u) { far += distance(h7, start, i + 7u * w, row.total); }
    for (var k = i + HELD * w; k < row.total; k += w) { far += load(row, k) - start; }
    shift = opaque(start + team_sum(vec2f(lane_sum(far), 0.0), inv).x * params.reciprocal, params.zero);
  }

  var first = distance(h0, shift, i, row.total);
  var second = first * first;
  if (HELD > 1u) { let e = distance(h1, shift, i + w, row.total); first += e; second += e * e; }
  if (HELD > 2u) { let e = distance(h2, shift, i + 2u * w, row.total); first += e; second += e * e; }
  if (HELD > 3u) { let e = distance(h3, shift, i + 3u * w, row.total); first += e; second += e * e; }
  if (HELD > 4u) { let e = distance(h4, shift, i + 4u * w, row.total); first += e; second += e * e; }
  if (HELD > 5u) { let e = distance(h5, shift, i + 5u * w, row.total); first += e; second += e * e; }
  if (HELD > 6u) { let e = distance(h6, shift, i + 6u * w, row.total); first += e; second += e * e; }
  if (HELD > 7u) { let e = distance(h7, shift, i + 7u * w, row.total); first += e; second += e * e; }
  for (var k = i + HELD * w; k < row.total; k += w) {
    let e = hold(row, k) - shift;
    first += e;
    second += e * e;
  }
  let sums = team_sum(vec2f(lane_sum(first), lane_sum(second)), inv);
  var m = moments_of(shift, sums, params.reciprocal, params.eps, CENTERED);
  if (WRITES_STATISTICS && live && i == 0u) { record(index, m); }
  if (!SUBTRACTS_MEAN) { m = Moments(0.0, 0.0, m.rstd, m.variance); }

  normalize(row, i, h0, m);
  if (HELD > 1u) { normalize(row, i + w, h1, m); }
  if (HELD > 2u) { normalize(row, i + 2u * w, h2, m); }
  if (HELD > 3u) { normalize(row, i + 3u * w, h3, m); }
  if (HELD > 4u) { normalize(row, i + 4u * w, h4, m); }
  if (HELD > 5u) { normalize(row, i + 5u * w, h5, m); }
  if (HELD > 6u) { normalize(row, i + 6u * w, h6, m); }
  if (HELD > 7u) { normalize(row, i + 7u * w, h7, m); }
  for (var k = i + HELD * w; k < row.total; k += w) { normalize(row, k, load(row, k), m); }
}

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let index = select(0u, team, live);
  let length = params.segments * params.items;
  let row = Row(
    index * length,
    params.residual_bias_offset + parameter_base(params.residual_bias_view, index),
    params.gamma_offset + parameter_base(params.gamma_view, index),
    params.beta_offset + parameter_base(params.beta_view, index),
    select(0u, length, live),
  );
  normalize_row(index, row, live, inv);
}

@compute @workgroup_size(WORKGROUP)
fn row_hold(inv: Invocation) {
  work_teams(inv);
}
