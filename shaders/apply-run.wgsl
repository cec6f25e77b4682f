// y = activation((x + residual + residual_bias - mean) * rstd * gamma + beta) where the statistics are known and stay the same along a plane:
// a team normalizes a span of one plane, or several short planes.
struct Params {
  gamma_view: ParameterView,
  beta_view: ParameterView,
  residual_bias_view: ParameterView,
  teams: u32,
  chunks: u32,
  planes: u32,
  planes_per_team: u32,
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

// A plane's statistic and its parameters are found by its channel alone, which is counted on from plane to plane: a CPU divides slowly.
override BY_KEPT: bool = false;

// Where a plane starts in each tensor, its statistics and its parameters. Kept in locals: a CPU would load a uniform again for every value.
struct Plane {
  x: u32,
  residual: u32,
  sum: u32,
  y: u32,
  bias: u32,
  bias_item: u32,
  gamma: u32,
  gamma_item: u32,
  beta: u32,
  beta_item: u32,
  rstd: f32,
  shift: f32,
  delta: f32,
  a: Parameter,
  b: Parameter,
}

fn place_of(view: ParameterView, has: bool, plane: u32, k: u32) -> u32 {
  if (!has) { return 0u; }
  if (BY_KEPT) { return k * view.major_stride; }
  return parameter_base(view, plane);
}

// Planes lie as ((outer * repeats + a) * kept + k) * segments + segment. `k` is that of this plane where that is all that its statistic and parameters depend on.
fn plane_of(plane: u32, k: u32) -> Plane {
  var statistic = k;
  if (!BY_KEPT) {
    statistic = plane;
    if (params.segments > 1u) { statistic /= params.segments; }
    if (params.planes_per_outer != params.kept) { statistic = statistic / params.planes_per_outer * params.kept + statistic % params.kept; }
  }
  statistic += params.statistics_offset;
  let base = plane * params.items;
  var own: Plane;
  own.x = params.x_offset + base;
  own.residual = params.residual_offset + base;
  own.sum = params.sum_offset + base;
  own.y = params.y_offset + base;
  own.bias = params.residual_bias_offset + place_of(params.residual_bias_view, HAS_RESIDUAL_BIAS, plane, k);
  own.bias_item = params.residual_bias_view.item;
  own.gamma = params.gamma_offset + place_of(params.gamma_view, HAS_GAMMA, plane, k);
  own.gamma_item = params.gamma_view.item;
  own.beta = params.beta_offset + place_of(params.beta_view, HAS_BETA, plane, k);
  own.beta_item = params.beta_view.item;
  own.rstd = statistics[statistic + params.statistics_stride];
  if (SUBTRACTS_MEAN) {
    own.shift = statistics[statistic + 2u * params.statistics_stride];
    own.delta = statistics[statistic + 3u * params.statistics_stride];
  }
  own.a = gamma_value(own.gamma) * own.rstd;
  own.b = beta_value(own.beta) - own.a * own.delta;
  return own;
}

fn load(plane: Plane, j: u32) -> Lane {
  var h = from_source(x[source_at(plane.x + j)], plane.x + j);
  if (HAS_RESIDUAL) { h += from_source(residual[source_at(plane.residual + j)], plane.residual + j); }
  if (HAS_RESIDUAL_BIAS) { h += Lane(residual_bias[plane.bias + j * plane.bias_item]); }
  return h;
}

fn store(plane: Plane, j: u32, h: Lane) {
  if (WRITES_SUM) { sum[plane.sum + j] = to_result(h); }
  var a = plane.a;
  var b = plane.b;
  if (PARAMETERS_VARY) {
    a = gamma_value(plane.gamma + j * plane.gamma_item) * plane.rstd;
    b = beta_value(plane.beta + j * plane.beta_item) - a * plane.delta;
  }
  y[plane.y + j] = to_result(activate((h - plane.shift) * a + b));
}

// Items start..end of a plane that are this invocation's.
fn apply_plane(plane: Plane, start: u32, end: u32, inv: Invocation) {
  let width = team_width(inv);
  var j = start + team_lane(inv);
  // Four loads before their use, and a fourth of the rounds: on a CPU the loop costs as much as what it does.
  for (; j + 3u * width < end; j += 4u * width) {
    let h0 = load(plane, j);
    let h1 = load(plane, j + width);
    let h2 = load(plane, j + 2u * width);
    let h3 = load(plane, j + 3u * width);
    store(plane, j, h0);
    store(plane, j + width, h1);
    store(plane, j + 2u * width, h2);
    store(plane, j + 3u * width, h3);
  }
  for (; j < end; j += width) { store(plane, j, load(plane, j)); }
}

fn work(team: u32, inv: Invocation) {
  // Arrays are never empty: a compiler that sees their lengths here counts each of them once, not at every access.
  if ((team >= params.teams) | (arrayLength(&x) == 0u) | (arrayLength(&y) == 0u) | (arrayLength(&statistics) == 0u)) { return; }
  if (params.chunks > 1u) {
    let index = team / params.chunks;
    let start = (team - index * params.chunks) * params.span;
    apply_plane(plane_of(index, index % params.kept), start, min(start + params.span, params.items), inv);
    return;
  }
  let first = team * params.planes_per_team;
  let end = min(first + params.planes_per_team, params.planes);
  var k = first % params.kept;
  for (var index = first; index < end; index++) {
    apply_plane(plane_of(index, k), 0u, params.items, inv);
    k = select(k + 1u, 0u, k + 1u == params.kept);
  }
}

@compute @workgroup_size(WORKGROUP)
fn apply_run(inv: Invocation) {
  work_teams(inv);
}
