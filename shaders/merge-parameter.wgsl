// Partial sums of gradients to dgamma and dbeta, or, where they are many, to fewer partials of the same form (CONDENSES).
struct Params {
  first_view: ParameterView,
  second_view: ParameterView,
  third_view: ParameterView,
  teams: u32,
  parts: u32,
  span: u32,
  partials_count: u32,
  kept: u32,
  outer_stride: u32,
  kept_stride: u32,
  inner: u32,
  step: u32,
  cell_divisor: u32,
  cell_count: u32,
  gamma_scale: f32,
  partials_offset: u32,
  condensed_offset: u32,
  dgamma_offset: u32,
  dbeta_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> condensed: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dgamma: array<f32>;
@group(0) @binding(4) var<storage, read_write> dbeta: array<f32>;

override CONDENSES: bool = false;
override WRITES_DGAMMA: bool = false;
override WRITES_DBETA: bool = false;
override ACCUMULATES: bool = false;
// A cell holds whole statistics, whose xhat add up to 0: what is summed is (v - mean) * xhat, for the mean itself would only add the rounding of xhat.
override WHOLE: bool = false;

fn partial_at(base: u32, i: u32) -> u32 {
  let row = i / params.inner;
  return 2u * (base + row * params.step + (i - row * params.inner));
}

// The mean of v over the cell of partial i.
fn cell_mean(base: u32, i: u32) -> f32 {
  let start = i - i / params.cell_divisor % params.cell_count * params.cell_divisor;
  let s = partials[partial_at(base, start)].y;
  var counted = vec2f(0.0);
  for (var k = 0u; k < params.cell_count; k++) {
    let p = partials[partial_at(base, start + k * params.cell_divisor)];
    counted += vec2f(p.x, p.x * (p.y - s) + p.z);
  }
  return s + counted.y / counted.x;
}

// The same where a target is one cell, by the whole team.
fn target_mean(base: u32, count: u32, inv: Invocation) -> f32 {
  let s = partials[partial_at(base, 0u)].y;
  var counted = vec2f(0.0);
  for (var i = team_lane(inv); i < count; i += team_width(inv)) {
    let p = partials[partial_at(base, i)];
    counted += vec2f(p.x, p.x * (p.y - s) + p.z);
  }
  let n = team_sum(counted, inv);
  return s + n.y / n.x;
}

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let t = select(0u, team / params.parts, live);
  let first = select(0u, team % params.parts * params.span, live);
  let end = select(0u, min(first + params.span, params.partials_count), live);
  let base = params.partials_offset / 2u + t / params.kept * params.outer_stride + t % params.kept * params.kept_stride;
  let s = partials[partial_at(base, first)].y;
  let is_cell = params.cell_count == params.partials_count;
  var mean = 0.0;
  if (WHOLE && is_cell) { mean = target_mean(base, params.partials_count, inv); }
  var counted = vec2f(0.0);
  var sums = vec2f(0.0);
  var v = 0.0;
  for (var i = first + team_lane(inv); i < end; i += team_width(inv)) {
    let at = partial_at(base, i);
    let p = partials[at];
    let xhat = partials[at + 1u].x;
    v += partials[at + 1u].y;
    if (CONDENSES) { counted += vec2f(p.x, p.x * (p.y - s) + p.z); }
    if (WHOLE) {
      var own = mean;
      if (!is_cell) { own = cell_mean(base, i); }
      sums += vec2f(p.w + (p.y - own) * xhat, 0.0);
    } else {
      sums += vec2f(p.w + (p.y - s) * xhat, xhat);
    }
  }
  let total = team_sum(sums, inv);
  let sum = team_sum(vec2f(v, 0.0), inv).x;
  let n = team_sum(counted, inv);
  if (!live || team_lane(inv) != 0u) { return; }
  if (CONDENSES) {
    condensed[params.condensed_offset + 2u * team] = vec4f(n.x, s, n.y, total.x);
    condensed[params.condensed_offset + 2u * team + 1u] = vec4f(total.y, sum, 0.0, 0.0);
    return;
  }
  let to = parameter_base(params.first_view, t) + parameter_base(params.second_view, t) + parameter_base(params.third_view, t);
  // Nothing was summed where there is no partial: what stands there then is not read.
  let shift = select(s, 0.0, end == first);
  if (WRITES_DGAMMA) {
    let gradient = (total.x + shift * total.y) * params.gamma_scale;
    dgamma[params.dgamma_offset + to] = select(0.0, dgamma[params.dgamma_offset + to], ACCUMULATES) + gradient;
  }
  if (WRITES_DBETA) {
    dbeta[params.dbeta_offset + to] = select(0.0, dbeta[params.dbeta_offset + to], ACCUMULATES) + sum;
  }
}

@compute @workgroup_size(WORKGROUP)
fn merge_parameter(inv: Invocation) {
  work_teams(inv);
}
