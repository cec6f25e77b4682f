// y = activation((x + residual + residual_bias - mean) * rstd * gamma + beta) where the statistics are known and change from column to column:
// an invocation goes down one lane of columns through a slice of the repeats with its coefficients in registers.
struct Params {
  gamma_view: ParameterView,
  beta_view: ParameterView,
  residual_bias_view: ParameterView,
  teams: u32,
  repeats: u32,
  items: u32,
  slices: u32,
  repeats_per_slice: u32,
  kept: u32,
  run: u32,
  width: u32,
  statistics_stride: u32,
  gamma_scale: f32,
  gamma_shift: f32,
  x_offset: u32,
  residual_offset: u32,
  residual_bias_offset: u32,
  gamma_offset: u32,
  beta_offset: u32,
  statistics_offset: u32,
  y_offset: u32,
  sum_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> residual: array<Source>;
@group(0) @binding(3) var<storage, read> residual_bias: array<Parameter>;
@group(0) @binding(4) var<storage, read> gamma: array<Parameter>;
@group(0) @binding(5) var<storage, read> beta: array<Parameter>;
@group(0) @binding(6) var<storage, read> statistics: array<f32>;
@group(0) @binding(7) var<storage, read_write> y: array<Result>;
@group(0) @binding(8) var<storage, read_write> sum: array<Result>;

override SUBTRACTS_MEAN: bool = true;
override HAS_RESIDUAL: bool = false;
override HAS_RESIDUAL_BIAS: bool = false;
override WRITES_SUM: bool = false;
// gamma or beta change from repeat to repeat.
override PARAMETERS_VARY: bool = false;

// Several repeats lie side by side as one, so that lanes stay whole where the columns of one are no multiple of four.
override FOLDED: bool = false;

// Column c of lane j.
fn column_of(j: u32, c: u32) -> u32 {
  if (FOLDED) { return (j * LANE + c) % params.width; }
  return j * LANE + c;
}

// One plane of the statistics for the columns of lane j.
fn statistics_at(outer: u32, j: u32, plane: u32) -> Lane {
  let base = params.statistics_offset + plane * params.statistics_stride + outer * params.kept;
  if (LANE == 1u) { return Lane(statistics[base + column_of(j, 0u) / params.run]); }
  return lane_of(
    statistics[base + column_of(j, 0u) / params.run],
    statistics[base + column_of(j, 1u) / params.run],
    statistics[base + column_of(j, 2u) / params.run],
    statistics[base + column_of(j, 3u) / params.run],
  );
}

// gamma and beta of the columns of a folded lane.
fn folded_gamma(base: u32, j: u32) -> Lane {
  let item = params.gamma_view.item;
  return lane_of(
    lane_first(gamma_at(base + column_of(j, 0u) * item)),
    lane_first(gamma_at(base + column_of(j, 1u) * item)),
    lane_first(gamma_at(base + column_of(j, 2u) * item)),
    lane_first(gamma_at(base + column_of(j, 3u) * item)),
  );
}

fn folded_beta(base: u32, j: u32) -> Lane {
  let item = params.beta_view.item;
  return lane_of(
    lane_first(beta_at(base + column_of(j, 0u) * item)),
    lane_first(beta_at(base + column_of(j, 1u) * item)),
    lane_first(beta_at(base + column_of(j, 2u) * item)),
    lane_first(beta_at(base + column_of(j, 3u) * item)),
  );
}

// Where a slice of a lane of columns starts in each tensor, and its coefficients. Kept in locals: a CPU would load a uniform again for every value.
struct Column {
  x: u32,
  residual: u32,
  sum: u32,
  y: u32,
  items: u32,
  bias: u32,
  bias_step: u32,
  gamma: u32,
  gamma_step: u32,
  beta: u32,
  beta_step: u32,
  rstd: Lane,
  shift: Lane,
  delta: Lane,
  a: Lane,
  b: Lane,
}

fn load(column: Column, r: u32) -> Lane {
  let at = r * column.items;
  var h = from_source(x[source_at(column.x + at)], column.x + at);
  if (HAS_RESIDUAL) { h += from_source(residual[source_at(column.residual + at)], column.residual + at); }
  if (HAS_RESIDUAL_BIAS) { h += Lane(residual_bias[column.bias + r * column.bias_step]); }
  return h;
}

fn store(column: Column, r: u32, h: Lane) {
  let at = r * column.items;
  if (WRITES_SUM) { sum[column.sum + at] = to_result(h); }
  var a = column.a;
  var b = column.b;
  if (PARAMETERS_VARY) {
    a = gamma_at(column.gamma + r * column.gamma_step) * column.rstd;
    b = beta_at(column.beta + r * column.beta_step) - a * column.delta;
  }
  y[column.y + at] = to_result(activate((h - column.shift) * a + b));
}

fn work(team: u32, inv: Invocation) {
  // Arrays are never empty: a compiler that sees their lengths here counts each of them once, not at every access.
  if ((team >= params.teams) | (arrayLength(&x) == 0u) | (arrayLength(&y) == 0u)) { return; }
  let j = team % params.items;
  let slice = team / params.items;
  let outer = slice / params.slices;
  let first = slice % params.slices * params.repeats_per_slice;
  let end = min(first + params.repeats_per_slice, params.repeats);
  var column: Column;
  let at = (outer * params.repeats + first) * params.items + j;
  column.x = params.x_offset + at;
  column.residual = params.residual_offset + at;
  column.sum = params.sum_offset + at;
  column.y = params.y_offset + at;
  column.items = params.items;
  column.bias_step = params.residual_bias_view.segment;
  column.bias = params.residual_bias_offset + parameter_base(params.residual_bias_view, outer) + j * params.residual_bias_view.item + first * column.bias_step;
  column.gamma_step = params.gamma_view.segment;
  column.gamma = params.gamma_offset + parameter_base(params.gamma_view, outer) + j * params.gamma_view.item + first * column.gamma_step;
  column.beta_step = params.beta_view.segment;
  column.beta = params.beta_offset + parameter_base(params.beta_view, outer) + j * params.beta_view.item + first * column.beta_step;
  column.rstd = statistics_at(outer, j, 1u);
  if (SUBTRACTS_MEAN) {
    column.shift = statistics_at(outer, j, 2u);
    column.delta = statistics_at(outer, j, 3u);
  }
  if (FOLDED) {
    column.a = folded_gamma(params.gamma_offset + parameter_base(params.gamma_view, outer), j) * column.rstd;
    column.b = folded_beta(params.beta_offset + parameter_base(params.beta_view, outer), j) - column.a * column.delta;
  } else {
    column.a = gamma_at(column.gamma) * column.rstd;
    column.b = beta_at(column.beta) - column.a * column.delta;
  }
  let count = end - first;
  var r = 0u;
  // In pairs, for a CPU: a loop costs as much as what it does, and four at once do not fit its registers beside the coefficients.
  for (; r + 1u < count; r += 2u) {
    let h0 = load(column, r);
    let h1 = load(column, r + 1u);
    store(column, r, h0);
    store(column, r + 1u, h1);
  }
  if (r < count) { store(column, r, load(column, r)); }
}

@compute @workgroup_size(WORKGROUP)
fn apply_column(inv: Invocation) {
  work_teams(inv);
}
