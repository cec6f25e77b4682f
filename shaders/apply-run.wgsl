// y = activation((x + residual + residual_bias - mean) * rstd * gamma + beta) where the statistics are known and stay the same along a plane:
// a team normalizes a span of one plane.
struct Params {
  gamma_view: ParameterView,
  beta_view: ParameterView,
  residual_bias_view: ParameterView,
  teams: u32,
  chunks: u32,
  span: u32,
  items: u32,
  segments: u32,
  planes_per_outer: u32,
  kept: u32,
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
// gamma or beta change within a plane.
override PARAMETERS_VARY: bool = false;

fn work(team: u32, inv: Invocation) {
  if (team >= params.teams) { return; }
  var plane = team;
  if (params.chunks > 1u) { plane = team / params.chunks; }
  let start = (team - plane * params.chunks) * params.span;
  let end = min(start + params.span, params.items);
  // Planes lie as ((outer * repeats + a) * kept + k) * segments + segment.
  var statistic = plane;
  if (params.segments > 1u) { statistic /= params.segments; }
  if (params.planes_per_outer != params.kept) { statistic = statistic / params.planes_per_outer * params.kept + statistic % params.kept; }
  statistic += params.statistics_offset;
  let rstd = statistics[statistic + params.statistics_stride];
  var shift = 0.0;
  var delta = 0.0;
  if (SUBTRACTS_MEAN) {
    shift = statistics[statistic + 2u * params.statistics_stride];
    delta = statistics[statistic + 3u * params.statistics_stride];
  }
  let gamma_base = params.gamma_offset + parameter_base(params.gamma_view, plane);
  let beta_base = params.beta_offset + parameter_base(params.beta_view, plane);
  let bias_base = params.residual_bias_offset + parameter_base(params.residual_bias_view, plane);
  // In locals: a CPU would load a uniform again for every value.
  let base = plane * params.items;
  let x_base = params.x_offset + base;
  let y_base = params.y_offset + base;
  let residual_base = params.residual_offset + base;
  let sum_base = params.sum_offset + base;
  let bias_item = params.residual_bias_view.item;
  let gamma_item = params.gamma_view.item;
  let beta_item = params.beta_view.item;
  var a = gamma_at(gamma_base) * rstd;
  var b = beta_at(beta_base) - a * delta;
  for (var j = start + team_lane(inv); j < end; j += team_width(inv)) {
    var h = from_source(x[source_at(x_base + j)], x_base + j);
    if (HAS_RESIDUAL) { h += from_source(residual[source_at(residual_base + j)], residual_base + j); }
    if (HAS_RESIDUAL_BIAS) { h += Lane(residual_bias[bias_base + j * bias_item]); }
    if (WRITES_SUM) { sum[sum_base + j] = to_result(h); }
    if (PARAMETERS_VARY) {
      a = gamma_at(gamma_base + j * gamma_item) * rstd;
      b = beta_at(beta_base + j * beta_item) - a * delta;
    }
    y[y_base + j] = to_result(activate((h - shift) * a + b));
  }
}

@compute @workgroup_size(WORKGROUP)
fn apply_run(inv: Invocation) {
  work_teams(inv);
}
