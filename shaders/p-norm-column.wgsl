// Columns divided by their p-norm: an invocation owns one lane of columns, each a statistic of its own, and goes down it. In one dispatch:
// y = g * x / max(norm, eps). SPLIT: it goes down a slice of the repeats and writes, for each column, the largest |x| and the sum of terms.
struct Params {
  power: Exponent,
  root: Exponent,
  teams: u32,
  repeats: u32,
  items: u32,
  slices: u32,
  repeats_per_slice: u32,
  eps: f32,
  x_offset: u32,
  g_offset: u32,
  y_offset: u32,
  norm_offset: u32,
  partials_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<Result>;
@group(0) @binding(4) var<storage, read_write> norm: array<f32>;
@group(0) @binding(5) var<storage, read_write> partials: array<f32>;

override SPLIT: bool = false;
override HAS_G: bool = false;
override WRITES_NORM: bool = false;

// Rows first..end of a lane of columns that starts at x. In locals: a CPU would load a uniform again for every value.
struct Column {
  x: u32,
  items: u32,
  first: u32,
  end: u32,
}

fn load(column: Column, r: u32) -> Lane {
  let k = column.x + r * column.items;
  return from_source(x[source_at(k)], k);
}

// Chains of 32 adds, summed by 32, then all.
fn column_terms(column: Column, scale: Lane, rest: Lane) -> Lane {
  var sum = Lane(0.0);
  for (var outer = column.first; outer < column.end; outer += CHAIN * CHAIN) {
    var middle = Lane(0.0);
    let outer_end = min(outer + CHAIN * CHAIN, column.end);
    for (var part = outer; part < outer_end; part += CHAIN) {
      var chain = Lane(0.0);
      for (var r = part; r < min(part + CHAIN, outer_end); r++) { chain += terms_of(load(column, r), scale, rest, params.power); }
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
  let column = Column(params.x_offset + start, params.items, first, min(first + params.repeats_per_slice, params.repeats));
  var largest = Lane(0.0);
  for (var r = column.first; r < column.end; r++) { largest = max(largest, abs(load(column, r))); }
  let u0 = unit_of(lane_value(largest, 0u));
  var scale = Lane(u0.x);
  var rest = Lane(u0.y);
  if (LANE == 4u) {
    let u1 = unit_of(lane_value(largest, 1u));
    let u2 = unit_of(lane_value(largest, 2u));
    let u3 = unit_of(lane_value(largest, 3u));
    scale = lane_of(u0.x, u1.x, u2.x, u3.x);
    rest = lane_of(u0.y, u1.y, u2.y, u3.y);
  }
  let sum = column_terms(column, scale, rest);
  if (SPLIT) {
    for (var c = 0u; c < LANE; c++) {
      let at = params.partials_offset + 2u * (team * LANE + c);
      partials[at] = lane_value(largest, c);
      partials[at + 1u] = lane_value(sum, c);
    }
    return;
  }
  var divisor = Lane(0.0);
  var factor = Lane(0.0);
  for (var c = 0u; c < LANE; c++) {
    let statistic = team * LANE + c;
    let own = norm_of(lane_value(sum, c), lane_value(largest, c), params.root);
    if (WRITES_NORM) { norm[params.norm_offset + statistic] = own; }
    let by = divisor_of(own, params.eps);
    divisor = lane_with(divisor, c, by.x);
    factor = lane_with(factor, c, by.y);
    if (HAS_G) { factor = lane_with(factor, c, by.y * g[params.g_offset + statistic]); }
  }
  let y_start = params.y_offset + start;
  for (var r = 0u; r < column.end; r++) { y[y_start + r * column.items] = to_result(load(column, r) * divisor * factor); }
}

@compute @workgroup_size(WORKGROUP)
fn p_norm_column(inv: Invocation) {
  work_teams(inv);
}
