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

// One plane of the statistics for the columns of lane j.
fn statistics_at(outer: u32, j: u32, plane: u32) -> Lane {
  let base = params.statistics_offset + plane * params.statistics_stride + outer * params.kept;
  let first = j * LANE;
  if (LANE == 1u) { return Lane(statistics[base + first / params.run]); }
  return lane_of(
    statistics[base + first / params.run],
    statistics[base + (first + 1u) / params.run],
    statistics[base + (first + 2u) / params.run],
    statistics[base + (first + 3u) / params.run],
  );
}

fn work(team: u32, inv: Invocation) {
  if (team >= params.teams) { return; }
  let j = team % params.items;
  let slice = team / params.items;
  let outer = slice / params.slices;
  let first = slice % params.slices * params.repeats_per_slice;
  let end = min(first + params.repeats_per_slice, params.repeats);
  let rstd = statistics_at(outer, j, 1u);
  var shift = Lane(0.0);
  var delta = Lane(0.0);
  if (SUBTRACTS_MEAN) {
    shift = statistics_at(outer, j, 2u);
    delta = statistics_at(outer, j, 3u);
  }
  let gamma_base = params.gamma_offset + parameter_base(params.gamma_view, outer) + j * params.gamma_view.item;
  let beta_base = params.beta_offset + parameter_base(params.beta_view, outer) + j * params.beta_view.item;
  let bias_base = params.residual_bias_offset + parameter_base(params.residual_bias_view, outer) + j * params.residual_bias_view.item;
  var a = gamma_at(gamma_base) * rstd;
  var b = beta_at(beta_base) - a * delta;
  // In locals: a CPU would load a uniform again for every value.
  let items = params.items;
  let x_offset = params.x_offset;
  let y_offset = params.y_offset;
  var at = (outer * params.repeats + first) * items + j;
  for (var r = first; r < end; r++) {
    var h = from_source(x[source_at(x_offset + at)], x_offset + at);
    if (HAS_RESIDUAL) { h += from_source(residual[source_at(params.residual_offset + at)], params.residual_offset + at); }
    if (HAS_RESIDUAL_BIAS) { h += Lane(residual_bias[bias_base + r * params.residual_bias_view.segment]); }
    if (WRITES_SUM) { sum[params.sum_offset + at] = to_result(h); }
    if (PARAMETERS_VARY) {
      a = gamma_at(gamma_base + r * params.gamma_view.segment) * rstd;
      b = beta_at(beta_base + r * params.beta_view.segment) - a * delta;
    }
    y[y_offset + at] = to_result(activate((h - shift) * a + b));
    at += items;
  }
}

@compute @workgroup_size(WORKGROUP)
fn apply_column(inv: Invocation) {
  work_teams(inv);
}
