// Partial moments of columns: an invocation goes down one lane of columns through a slice of the repeats and writes, for each column,
// (n, shift, sum of e, sum of e^2), e = x - shift. Neighbouring invocations own neighbouring columns.
struct Params {
  residual_bias_view: ParameterView,
  teams: u32,
  repeats: u32,
  items: u32,
  slices: u32,
  repeats_per_slice: u32,
  zero: u32,
  x_offset: u32,
  residual_offset: u32,
  residual_bias_offset: u32,
  sum_offset: u32,
  partials_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> residual: array<Source>;
@group(0) @binding(3) var<storage, read> residual_bias: array<Parameter>;
@group(0) @binding(4) var<storage, read_write> sum: array<Result>;
@group(0) @binding(5) var<storage, read_write> partials: array<vec4f>;

override CENTERED: bool = true;
override HAS_RESIDUAL: bool = false;
override HAS_RESIDUAL_BIAS: bool = false;
override WRITES_SUM: bool = false;

// Where a lane of columns starts in each tensor. Kept in locals: a CPU would load a uniform again for every value.
struct Column {
  x: u32,
  residual: u32,
  residual_bias: u32,
  sum: u32,
  items: u32,
}

fn load(column: Column, a: u32) -> Lane {
  let at = a * column.items;
  var h = from_source(x[source_at(column.x + at)], column.x + at);
  if (HAS_RESIDUAL) { h += from_source(residual[source_at(column.residual + at)], column.residual + at); }
  if (HAS_RESIDUAL_BIAS) { h += Lane(residual_bias[column.residual_bias + a * params.residual_bias_view.segment]); }
  return h;
}

fn column_shift(column: Column, first: u32, end: u32) -> Lane {
  let a = load(column, first);
  let b = load(column, first + (end - first) / 2u);
  let c = load(column, end - 1u);
  let start = max(min(a, b), min(max(a, b), c));
  let step = max((end - first) / probes_of(end - first, COLUMN_PROBES), 1u);
  var distance = Lane(0.0);
  var count = 0.0;
  for (var r = first; r < end; r += step) {
    distance += load(column, r) - start;
    count += 1.0;
  }
  return lane_opaque(start + distance / count, params.zero);
}

fn work(team: u32, inv: Invocation) {
  // An array is never empty: a compiler that sees its length here counts it once, not at every access.
  if ((team >= params.teams) | (arrayLength(&x) == 0u)) { return; }
  let j = team % params.items;
  let slice = team / params.items;
  let outer = slice / params.slices;
  let first = slice % params.slices * params.repeats_per_slice;
  let end = min(first + params.repeats_per_slice, params.repeats);
  let at = outer * params.repeats * params.items + j;
  let bias = params.residual_bias_offset + parameter_base(params.residual_bias_view, outer) + j * params.residual_bias_view.item;
  let column = Column(params.x_offset + at, params.residual_offset + at, bias, params.sum_offset + at, params.items);
  var shift = Lane(0.0);
  if (CENTERED) { shift = column_shift(column, first, end); }
  var first_sum = Lane(0.0);
  var second_sum = Lane(0.0);
  for (var part = first; part < end; part += 4u * CHAIN) {
    let chain = column_chain(column, shift, part, min(part + 4u * CHAIN, end));
    first_sum += chain.first;
    second_sum += chain.second;
  }
  let partial = params.partials_offset + team * LANE;
  for (var c = 0u; c < LANE; c++) {
    partials[partial + c] = vec4f(f32(end - first), lane_value(shift, c), lane_value(first_sum, c), lane_value(second_sum, c));
  }
}

@compute @workgroup_size(WORKGROUP)
fn column_moments(inv: Invocation) {
  work_teams(inv);
}
