// Gradients of columns that were divided by their p-norm (equations: p-norm-row-backward.wgsl): an invocation owns one lane of columns and goes down it.
// SPLIT: it goes down a slice of the repeats and writes, for each column, its part of dot.
struct Params {
  slope: Exponent,
  teams: u32,
  repeats: u32,
  items: u32,
  kept: u32,
  run: u32,
  slices: u32,
  repeats_per_slice: u32,
  eps: f32,
  x_offset: u32,
  dy_offset: u32,
  g_offset: u32,
  norm_offset: u32,
  dx_offset: u32,
  dg_offset: u32,
  partials_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> dy: array<Source>;
@group(0) @binding(3) var<storage, read> g: array<f32>;
@group(0) @binding(4) var<storage, read> norm: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<Result>;
@group(0) @binding(6) var<storage, read_write> dg: array<f32>;
@group(0) @binding(7) var<storage, read_write> partials: array<f32>;

override SPLIT: bool = false;
override HAS_G: bool = false;
// dx and dg are added to what stands there.
override ACCUMULATES: bool = false;

// A lane of columns: where it starts in x and dy, rows first..end, and x / norm = x * scale * rest.
struct Column {
  x: u32,
  dy: u32,
  items: u32,
  first: u32,
  end: u32,
  scale: Lane,
  rest: Lane,
}

fn load(column: Column, r: u32) -> Lane {
  let k = column.x + r * column.items;
  return from_source(x[source_at(k)], k) * column.scale * column.rest;
}

fn load_dy(column: Column, r: u32) -> Lane {
  let k = column.dy + r * column.items;
  return from_source(dy[source_at(k)], k);
}

// Chains of 32 adds, summed by 32, then all.
fn column_products(column: Column) -> Lane {
  var sum = Lane(0.0);
  for (var outer = column.first; outer < column.end; outer += CHAIN * CHAIN) {
    var middle = Lane(0.0);
    let outer_end = min(outer + CHAIN * CHAIN, column.end);
    for (var part = outer; part < outer_end; part += CHAIN) {
      var chain = Lane(0.0);
      for (var r = part; r < min(part + CHAIN, outer_end); r++) { chain += load(column, r) * load_dy(column, r); }
      middle += chain;
    }
    sum += middle;
  }
  return sum;
}

fn work(team: u32, inv: Invocation) {
  if (team >= params.teams) { return; }
  let j = team % params.items;
  let slice = team / params.items;
  let outer = slice / params.slices;
  let first = slice % params.slices * params.repeats_per_slice;
  let start = outer * params.repeats * params.items + j;
  var scale = Lane(0.0);
  var rest = Lane(0.0);
  var factor = Lane(1.0);
  var is_eps = Lane(0.0);
  for (var c = 0u; c < LANE; c++) {
    let statistic = outer * params.kept + (j * LANE + c) / params.run;
    let own = norm[params.norm_offset + statistic];
    let by = divisor_of(own, params.eps);
    scale = lane_with(scale, c, by.x);
    rest = lane_with(rest, c, by.y);
    is_eps = lane_with(is_eps, c, select(0.0, 1.0, own < params.eps));
    if (HAS_G) { factor = lane_with(factor, c, g[params.g_offset + statistic]); }
  }
  let end = min(first + params.repeats_per_slice, params.repeats);
  let column = Column(params.x_offset + start, params.dy_offset + start, params.items, first, end, scale, rest);
  let product = column_products(column);
  if (SPLIT) {
    for (var c = 0u; c < LANE; c++) { partials[params.partials_offset + 2u * (team * LANE + c)] = lane_value(product, c); }
    return;
  }
  if (HAS_G) {
    for (var c = 0u; c < LANE; c++) {
      let at = params.dg_offset + team * LANE + c;
      dg[at] = select(lane_value(product, c), dg[at] + lane_value(product, c), ACCUMULATES);
    }
  }
  let dot = select(product, Lane(0.0), is_eps > Lane(0.0));
  let dx_start = params.dx_offset + start;
  for (var r = 0u; r < end; r++) {
    var value = (load_dy(column, r) - dot * slope_of(load(column, r), params.slope)) * (rest * factor) * scale;
    if (ACCUMULATES) { value += from_result(dx[dx_start + r * column.items]); }
    dx[dx_start + r * column.items] = to_result(value);
  }
}

@compute @workgroup_size(WORKGROUP)
fn p_norm_column_backward(inv: Invocation) {
  work_teams(inv);
}
