// Partial sums of gradients. A team takes a slice of a cell (values that share gamma, or statistics, or both) and writes
// (n, s, sum of e, sum of e * xhat) and (sum of xhat, sum of v), e = v - s, where v is dy * activation'(y), or that times gamma (WEIGHTED).
struct Params {
  gamma_view: ParameterView,
  beta_view: ParameterView,
  statistics_view: ParameterView,
  teams: u32,
  slices: u32,
  item_slices: u32,
  planes_per_slice: u32,
  items_per_slice: u32,
  repeats_per_slice: u32,
  repeats: u32,
  kept: u32,
  segments: u32,
  items: u32,
  statistics_stride: u32,
  statistics_run: u32,
  gamma_scale: f32,
  gamma_shift: f32,
  zero: u32,
  x_offset: u32,
  dy_offset: u32,
  gamma_offset: u32,
  beta_offset: u32,
  statistics_offset: u32,
  partials_offset: u32,
  dgamma_offset: u32,
  dbeta_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> dy: array<Source>;
@group(0) @binding(3) var<storage, read> gamma: array<Parameter>;
@group(0) @binding(4) var<storage, read> beta: array<Parameter>;
@group(0) @binding(5) var<storage, read> statistics: array<f32>;
@group(0) @binding(6) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> dgamma: array<f32>;
@group(0) @binding(8) var<storage, read_write> dbeta: array<f32>;

// s is a value near the mean of the slice, so that a gradient with a large mean keeps its digits; else 0.
override CENTERED: bool = true;
override WEIGHTED: bool = false;
// dy alone is summed: there is no x.
override PLAIN: bool = false;
override PARAMETERS_VARY: bool = false;
override STATISTICS_VARY: bool = false;
// A column is the whole of a parameter's values: its gradient is written at once.
override WRITES_DGAMMA: bool = false;
override WRITES_DBETA: bool = false;
override ACCUMULATES: bool = false;

struct Value { v: Lane, xhat: Lane }

fn value_of(line: Line, k: u32, n: Norm, g: Lane, b: Lane) -> Value {
  let at = line.at + k * line.step;
  let dy_at = params.dy_offset + at;
  let d = from_source(dy[source_at(dy_at)], dy_at);
  if (PLAIN) { return Value(d, Lane(0.0)); }
  let x_at = params.x_offset + at;
  let xhat = (from_source(x[source_at(x_at)], x_at) - n.shift) * n.rstd - n.delta;
  let v = through_activation(d, xhat, g, b);
  if (WEIGHTED) { return Value(v * g, xhat); }
  return Value(v, xhat);
}

fn value_at(line: Line, k: u32) -> Lane {
  var n = Norm(Lane(0.0), Lane(0.0), Lane(0.0));
  if (!PLAIN) { n = line_norm(line, k); }
  return value_of(line, k, n, gamma_at(line.gamma + k * line.gamma_step), beta_at(line.beta + k * line.beta_step)).v;
}

// Where the values of a slice lie: of a row's column from `first` on, or of a cell's planes from `first` on, `items` from `start` on of each.
struct Slice { row: u32, column: u32, first: u32, start: u32, items: u32 }

fn slice_value(slice: Slice, v: u32) -> Lane {
  if (COLUMNS) { return value_at(line_of(slice.row, slice.column), slice.first + v); }
  let u = v / slice.items;
  let value = value_at(line_of(row_of(slice.row, slice.first + u), 0u), slice.start + v - u * slice.items);
  return Lane(lane_sum(value) / f32(LANE));
}

fn slice_mean(slice: Slice, begin: u32, step: u32, probes: u32) -> Lane {
  let reference = slice_value(slice, begin);
  var distance = Lane(0.0);
  for (var p = 1u; p < probes; p++) { distance += slice_value(slice, begin + p * step) - reference; }
  return reference + distance / f32(probes);
}

// s: the median of the means of a few values of each third of a slice. One outlier cannot move it.
fn slice_shift(slice: Slice, total: u32) -> Lane {
  let third = total / 3u;
  let probes = clamp(third / 32u, 1u, 5u);
  let a = slice_mean(slice, 0u, third / probes, probes);
  let b = slice_mean(slice, third, third / probes, probes);
  let c = slice_mean(slice, 2u * third, third / probes, probes);
  return lane_opaque(max(min(a, b), min(max(a, b), c)), params.zero);
}

// What value c of a lane of columns sums to.
fn write_column(sums: LineSums, shift: Lane, count: f32, base: u32, c: u32) {
  let at = base + c;
  let s = lane_value(shift, c);
  if (WRITES_DGAMMA) {
    let found = (lane_value(sums.exhat, c) + s * lane_value(sums.xhat, c)) * params.gamma_scale;
    dgamma[params.dgamma_offset + at] = select(0.0, dgamma[params.dgamma_offset + at], ACCUMULATES) + found;
  }
  if (WRITES_DBETA) {
    dbeta[params.dbeta_offset + at] = select(0.0, dbeta[params.dbeta_offset + at], ACCUMULATES) + lane_value(sums.v, c);
  }
  if (!WRITES_DGAMMA && !WRITES_DBETA) {
    partials[params.partials_offset + 2u * at] = vec4f(count, s, lane_value(sums.e, c), lane_value(sums.exhat, c));
    partials[params.partials_offset + 2u * at + 1u] = vec4f(lane_value(sums.xhat, c), lane_value(sums.v, c), 0.0, 0.0);
  }
}

fn sum_column(team: u32, inv: Invocation) {
  // A compiler that sees the lengths of arrays here counts each of them once, not at every access. None is empty.
  let shortest = min(arrayLength(&x), arrayLength(&dy));
  if ((team >= params.teams) | (shortest == 0u)) { return; }
  // A CPU divides slowly.
  var row = team / params.items;
  let column = team - row * params.items;
  var slice = 0u;
  if (params.slices > 1u) {
    let all = row;
    row /= params.slices;
    slice = all - row * params.slices;
  }
  let first = slice * params.repeats_per_slice;
  let end = min(first + params.repeats_per_slice, params.repeats);
  var shift = Lane(0.0);
  if (CENTERED) { shift = slice_shift(Slice(row, column, first, 0u, 1u), end - first); }
  let sums = line_sums(line_of(row, column), shift, first, end, inv);
  write_column(sums, shift, f32(end - first), team * LANE, 0u);
  if (LANE == 4u) {
    write_column(sums, shift, f32(end - first), team * LANE, 1u);
    write_column(sums, shift, f32(end - first), team * LANE, 2u);
    write_column(sums, shift, f32(end - first), team * LANE, 3u);
  }
}

// Plane u of a cell, counted through its repeats and their segments.
fn row_of(cell: u32, u: u32) -> u32 {
  let a = u / params.segments;
  return ((cell / params.kept * params.repeats + a) * params.kept + cell % params.kept) * params.segments + (u - a * params.segments);
}

fn sum_run(team: u32, inv: Invocation) {
  let shortest = min(arrayLength(&x), arrayLength(&dy));
  let live = (team < params.teams) & (shortest > 0u);
  let cell = select(0u, team / params.slices, live);
  let t = select(0u, team % params.slices, live);
  let first = t / params.item_slices * params.planes_per_slice;
  let start = t % params.item_slices * params.items_per_slice;
  let planes = select(0u, min(params.planes_per_slice, params.repeats * params.segments - first), live);
  let end = min(start + params.items_per_slice, params.items);
  var shift = Lane(0.0);
  if (CENTERED) { shift = slice_shift(Slice(cell, 0u, first, start, end - start), planes * (end - start)); }
  var sums = LineSums(Lane(0.0), Lane(0.0), Lane(0.0), Lane(0.0));
  for (var u = first; u < first + planes; u++) {
    let own = line_sums(line_of(row_of(cell, u), 0u), shift, start, end, inv);
    sums.e += own.e;
    sums.exhat += own.exhat;
    sums.xhat += own.xhat;
    sums.v += own.v;
  }
  let e = team_sum(vec2f(lane_sum(sums.e), lane_sum(sums.exhat)), inv);
  let unshifted = team_sum(vec2f(lane_sum(sums.xhat), lane_sum(sums.v)), inv);
  if (live && team_lane(inv) == 0u) {
    partials[params.partials_offset + 2u * team] = vec4f(f32(planes * (end - start) * LANE), lane_first(shift), e);
    partials[params.partials_offset + 2u * team + 1u] = vec4f(unshifted, 0.0, 0.0);
  }
}

fn work(team: u32, inv: Invocation) {
  if (COLUMNS) { sum_column(team, inv); } else { sum_run(team, inv); }
}

@compute @workgroup_size(WORKGROUP)
fn sum_gradient(inv: Invocation) {
  work_teams(inv);
}
