// Partial sums of gradients to what dx subtracts for each statistic: mean(h) as the pair (first, rest) and the factor of xhat; or, where the statistics
// were given, to dmean and dvariance. h = gamma * v where gamma differs within a statistic (WEIGHTED), else v: then gamma multiplies dx as a whole.
struct Params {
  weight_view: ParameterView,
  teams: u32,
  partials_count: u32,
  kept: u32,
  outer_stride: u32,
  kept_stride: u32,
  inner: u32,
  step: u32,
  weight_divisor: u32,
  weight_count: u32,
  weight_stride: u32,
  statistics_stride: u32,
  reciprocal: f32,
  gamma_scale: f32,
  gamma_shift: f32,
  zero: u32,
  partials_offset: u32,
  weights_offset: u32,
  statistics_offset: u32,
  coefficients_offset: u32,
  dmean_offset: u32,
  dvariance_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<vec4f>;
@group(0) @binding(2) var<storage, read> weights: array<Parameter>;
@group(0) @binding(3) var<storage, read> statistics: array<f32>;
@group(0) @binding(4) var<storage, read_write> coefficients: array<f32>;
@group(0) @binding(5) var<storage, read_write> dmean: array<f32>;
@group(0) @binding(6) var<storage, read_write> dvariance: array<f32>;

// The mean of h is followed, and the sums of partials are shifted.
override CENTERED: bool = true;
// Partials are weighted with their gamma.
override WEIGHTED: bool = false;
// Partials come from several devices: how many values there are is known from them alone.
override COUNTED: bool = false;
override WRITES_COEFFICIENTS: bool = true;
override WRITES_DMEAN: bool = false;
override WRITES_DVARIANCE: bool = false;

fn weight_at(base: u32, i: u32) -> f32 {
  if (!WEIGHTED) { return 1.0; }
  let value = Lane(weights[base + i / params.weight_divisor % params.weight_count * params.weight_stride]);
  return lane_first(value) * params.gamma_scale + params.gamma_shift;
}

// What mean(h * xhat) is multiplied with: 1, n / (n - 1), and (std + eps) / std where eps stands outside the root.
fn direction_factor(s: u32) -> f32 {
  let unbiased = select(1.0, 1.0 / (1.0 - params.reciprocal), UNBIASED);
  if (!EPS_OUTSIDE) { return unbiased; }
  let variance = corrected_variance(statistics[params.statistics_offset + s + 4u * params.statistics_stride], params.reciprocal);
  let rstd = statistics[params.statistics_offset + s + params.statistics_stride];
  // 1 / (std * rstd), and 0 where there is no deviation to follow.
  return select(unbiased * reciprocal_root(variance) / rstd, 0.0, variance <= 0.0 || rstd <= 0.0);
}

// Sums over all values of h - reference, and of that times xhat. The sum of all xhat is 0 where anything is shifted: `reference` needs no term of its own.
fn sums_from(reference: f32, base: u32, gamma: u32, count: u32, inv: Invocation) -> vec2f {
  var sums = vec2f(0.0);
  for (var i = team_lane(inv); i < count; i += team_width(inv)) {
    let row = i / params.inner;
    let at = 2u * (base + row * params.step + (i - row * params.inner));
    let p = partials[at];
    let weight = weight_at(gamma, i);
    let distance = weight * p.y - reference;
    sums.x += p.x * distance + weight * p.z;
    sums.y += weight * p.w + distance * partials[at + 1u].x;
  }
  return team_sum(sums, inv);
}

// 1 / n over the values of all partials.
fn reciprocal_count(base: u32, count: u32, inv: Invocation) -> f32 {
  if (!COUNTED) { return params.reciprocal; }
  var values = 0.0;
  for (var i = team_lane(inv); i < count; i += team_width(inv)) {
    let row = i / params.inner;
    values += partials[2u * (base + row * params.step + (i - row * params.inner))].x;
  }
  return 1.0 / team_sum(vec2f(values, 0.0), inv).x;
}

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let s = select(0u, team, live);
  let count = select(0u, params.partials_count, live);
  let base = params.partials_offset / 2u + s / params.kept * params.outer_stride + s % params.kept * params.kept_stride;
  let gamma = params.weights_offset + parameter_base(params.weight_view, s);
  let reciprocal = reciprocal_count(base, count, inv);
  var reference = 0.0;
  if (CENTERED) {
    // The mean is rounded, and what is left of it summed again, so that neither is far from what it stands for.
    let start = weight_at(gamma, 0u) * partials[2u * base].y;
    reference = opaque(start + sums_from(start, base, gamma, count, inv).x * reciprocal, params.zero);
  }
  let total = sums_from(reference, base, gamma, count, inv);
  if (!live || team_lane(inv) != 0u) { return; }
  if (WRITES_COEFFICIENTS) {
    let to = params.coefficients_offset + s;
    coefficients[to] = reference;
    coefficients[to + params.statistics_stride] = total.x * reciprocal;
    coefficients[to + 2u * params.statistics_stride] = total.y * reciprocal * direction_factor(s);
  }
  let at = params.statistics_offset + s + params.statistics_stride;
  if (WRITES_DMEAN) { dmean[params.dmean_offset + s] = -statistics[at] * total.x; }
  if (WRITES_DVARIANCE) { dvariance[params.dvariance_offset + s] = -0.5 * statistics[at] * statistics[at] * total.y; }
}

@compute @workgroup_size(WORKGROUP)
fn merge_gradient(inv: Invocation) {
  work_teams(inv);
}
