// y = g * x / max(norm, eps) where the norms are known: an invocation goes through a chunk in steps of `items` lanes, all of the same statistics, with their
// factors in registers.
// GRADIENT: y is dx, with dot known too (equations: p-norm-row-backward.wgsl).
struct Params {
  slope: Exponent,
  teams: u32,
  length: u32,
  items: u32,
  chunk: u32,
  slices: u32,
  kept: u32,
  run: u32,
  eps: f32,
  x_offset: u32,
  dy_offset: u32,
  g_offset: u32,
  norm_offset: u32,
  dots_offset: u32,
  y_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> dy: array<Source>;
@group(0) @binding(3) var<storage, read> g: array<f32>;
@group(0) @binding(4) var<storage, read> norm: array<f32>;
@group(0) @binding(5) var<storage, read> dots: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<Result>;

override GRADIENT: bool = false;
override HAS_G: bool = false;
// The gradient is added to what stands there.
override ACCUMULATES: bool = false;

fn work(team: u32, inv: Invocation) {
  if (team >= params.teams) { return; }
  let j = team % params.items;
  let slice = team / params.items;
  let outer = slice / params.slices;
  var scale = Lane(0.0);
  var rest = Lane(0.0);
  var factor = Lane(1.0);
  var product = Lane(0.0);
  for (var c = 0u; c < LANE; c++) {
    let statistic = outer * params.kept + (j * LANE + c) / params.run;
    let own = norm[params.norm_offset + statistic];
    let by = divisor_of(own, params.eps);
    scale = lane_with(scale, c, by.x);
    rest = lane_with(rest, c, by.y);
    if (HAS_G) { factor = lane_with(factor, c, g[params.g_offset + statistic]); }
    if (GRADIENT) { product = lane_with(product, c, select(dots[params.dots_offset + statistic], 0.0, own < params.eps)); }
  }
  factor *= rest;
  let items = params.items;
  let base = outer * params.length;
  let first = slice % params.slices * params.chunk;
  let end = base + min(first + params.chunk, params.length);
  for (var at = base + first + j; at < end; at += items) {
    let k = params.x_offset + at;
    let h = from_source(x[source_at(k)], k) * scale;
    var value = h * factor;
    if (GRADIENT) {
      let l = params.dy_offset + at;
      value = (from_source(dy[source_at(l)], l) - product * slope_of(h * rest, params.slope)) * factor * scale;
      if (ACCUMULATES) { value += from_result(y[params.y_offset + at]); }
    }
    y[params.y_offset + at] = to_result(value);
  }
}

@compute @workgroup_size(WORKGROUP)
fn p_norm_apply(inv: Invocation) {
  work_teams(inv);
}
