// Columns normalized in one dispatch: an invocation owns one lane of columns, each a statistic of its own, and goes down it twice.
// y = activation((x + residual + residual_bias - mean) * rstd * gamma + beta) for each column.
struct Params {
  gamma_view: ParameterView,
  beta_view: ParameterView,
  residual_bias_view: ParameterView,
  teams: u32,
  repeats: u32,
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

override CENTERED: bool = true;
override SUBTRACTS_MEAN: bool = true;
override HAS_RESIDUAL: bool = false;
override HAS_RESIDUAL_BIAS: bool = false;
override WRITES_SUM: bool = false;
override WRITES_STATISTICS: bool = false;
// gamma or beta change from repeat to repeat.
override PARAMETERS_VARY: bool = false;

// Where a lane of columns starts in each tensor. Kept in locals: a CPU would load a uniform again for every value.
struct Column {
  x: u32,
  residual: u32,
  residual_bias: u32,
  sum: u32,
  y: u32,
  items: u32,
}

fn load(column: Column, r: u32) -> Lane {
  let at = r * column.items;
  var h = from_source(x[source_at(column.x + at)], column.x + at);
  if (HAS_RESIDUAL) { h += from_source(residual[source_at(column.residual + at)], column.residual + at); }
  if (HAS_RESIDUAL_BIAS) { h += Lane(residual_bias[column.residual_bias + r * params.residual_bias_view.segment]); }
  return h;
}

fn column_shift(column: Column) -> Lane {
  let a = load(column, 0u);
  let b = load(column, params.repeats / 2u);
  let c = load(column, params.repeats - 1u);
  let start = max(min(a, b), min(max(a, b), c));
  let step = max(params.repeats / probes_of(params.repeats, COLUMN_PROBES), 1u);
  var distance = Lane(0.0);
  var count = 0.0;
  for (var r = 0u; r < params.repeats; r += step) {
    distance += load(column, r) - start;
    count += 1.0;
  }
  return lane_opaque(start + distance / count, params.zero);
}

fn column_sums(column: Column, shift: Lane) -> ColumnSums {
  var sums = ColumnSums(Lane(0.0), Lane(0.0));
  for (var outer = 0u; outer < params.repeats; outer += 4u * CHAIN * CHAIN) {
    var middle = ColumnSums(Lane(0.0), Lane(0.0));
    let outer_end = min(outer + 4u * CHAIN * CHAIN, params.repeats);
    for (var part = outer; part < outer_end; part += 4u * CHAIN) {
      let inner = column_chain(column, shift, part, min(part + 4u * CHAIN, outer_end));
      middle.first += inner.first;
      middle.second += inner.second;
    }
    sums.first += middle.first;
    sums.second += middle.second;
  }
  return sums;
}

// The moments of value c of the lane; its statistic is written on the way.
fn column_moments(team: u32, shift: Lane, sums: ColumnSums, c: u32) -> Moments {
  let own = vec2f(lane_value(sums.first, c), lane_value(sums.second, c));
  let m = moments_of(lane_value(shift, c), own, params.reciprocal, params.eps, CENTERED);
  if (WRITES_STATISTICS) { record(team * LANE + c, m); }
  return m;
}

// What a lane of columns is normalized with.
struct Line {
  rstd: Lane,
  shift: Lane,
  delta: Lane,
  gamma: u32,
  beta: u32,
  a: Lane,
  b: Lane,
}

fn reload(column: Column, r: u32) -> Lane {
  if (WRITES_SUM && RESULT_EXACT) { return from_result(sum[column.sum + r * column.items]); }
  return load(column, r);
}

fn store(column: Column, own: Line, r: u32, h: Lane) {
  var a = own.a;
  var b = own.b;
  if (PARAMETERS_VARY) {
    a = gamma_at(own.gamma + r * params.gamma_view.segment) * own.rstd;
    b = beta_at(own.beta + r * params.beta_view.segment) - a * own.delta;
  }
  y[column.y + r * column.items] = to_result(activate((h - own.shift) * a + b));
}

fn work(team: u32, inv: Invocation) {
  if (team >= params.teams) { return; }
  let outer = team / params.items;
  let j = team - outer * params.items;
  let at = outer * params.repeats * params.items + j;
  let bias = params.residual_bias_offset + parameter_base(params.residual_bias_view, outer) + j * params.residual_bias_view.item;
  let column = Column(params.x_offset + at, params.residual_offset + at, bias, params.sum_offset + at, params.y_offset + at, params.items);
  var shift = Lane(0.0);
  if (CENTERED) { shift = column_shift(column); }
  let sums = column_sums(column, shift);
  let m0 = column_moments(team, shift, sums, 0u);
  var rstd = Lane(m0.rstd);
  var delta = Lane(m0.delta);
  if (LANE > 1u) {
    let m1 = column_moments(team, shift, sums, 1u);
    let m2 = column_moments(team, shift, sums, 2u);
    let m3 = column_moments(team, shift, sums, 3u);
    rstd = lane_of(m0.rstd, m1.rstd, m2.rstd, m3.rstd);
    delta = lane_of(m0.delta, m1.delta, m2.delta, m3.delta);
  }
  if (!SUBTRACTS_MEAN) {
    shift = Lane(0.0);
    delta = Lane(0.0);
  }
  let gamma_base = params.gamma_offset + parameter_base(params.gamma_view, outer) + j * params.gamma_view.item;
  let beta_base = params.beta_offset + parameter_base(params.beta_view, outer) + j * params.beta_view.item;
  let own = Line(rstd, shift, delta, gamma_base, beta_base, gamma_at(gamma_base) * rstd, beta_at(beta_base) - gamma_at(gamma_base) * rstd * delta);
  var r = 0u;
  // In pairs, for a CPU: four at once do not fit its registers beside the coefficients.
  for (; r + 1u < params.repeats; r += 2u) {
    let h0 = reload(column, r);
    let h1 = reload(column, r + 1u);
    store(column, own, r, h0);
    store(column, own, r + 1u, h1);
  }
  if (r < params.repeats) { store(column, own, r, reload(column, r)); }
}

@compute @workgroup_size(WORKGROUP)
fn column_norm(inv: Invocation) {
  work_teams(inv);
}
