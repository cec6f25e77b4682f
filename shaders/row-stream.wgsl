// Rows that are read twice: once for their moments, once to be normalized. The second read comes from a cache.
// y = activation((x + residual + residual_bias - mean) * rstd * gamma + beta) for each row.
struct Params {
  gamma_view: ParameterView,
  beta_view: ParameterView,
  residual_bias_view: ParameterView,
  teams: u32,
  rows: u32,
  segments: u32,
  items: u32,
  statistics_stride: u32,
  reciprocal: f32,
  eps: f32,
  zero: u32,
  gamma_scale: f32,
  gamma_shift: f32,
  x_offset: u32,
  residual_offset: u32,
  residual_bias_offset: u32,
  gamma_offset: u32,
  beta_offset: u32,
  y_offset: u32,
  sum_offset: u32,
  statistics_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> residual: array<Source>;
@group(0) @binding(3) var<storage, read> residual_bias: array<Parameter>;
@group(0) @binding(4) var<storage, read> gamma: array<Parameter>;
@group(0) @binding(5) var<storage, read> beta: array<Parameter>;
@group(0) @binding(6) var<storage, read_write> y: array<Result>;
@group(0) @binding(7) var<storage, read_write> sum: array<Result>;
@group(0) @binding(8) var<storage, read_write> statistics: array<f32>;

// Rows that a team normalizes side by side, with gamma and beta loaded once for all: 1 or 4.
override ROWS: u32 = 1u;
// Rows of at most 64 lanes: one chain of adds.
override SHORT: bool = false;
override CENTERED: bool = true;
override SUBTRACTS_MEAN: bool = true;
override HAS_RESIDUAL: bool = false;
override HAS_RESIDUAL_BIAS: bool = false;
override WRITES_SUM: bool = false;
override WRITES_STATISTICS: bool = false;
// gamma and beta stay the same within a segment, and an invocation walks it alone: they are loaded once a segment.
override BY_SEGMENT: bool = false;
// The second read takes four columns a step.
override FOUR_COLUMNS: bool = false;

// Where a row starts in each tensor. Kept in locals: a CPU would load a uniform again for every value.
struct Row {
  x: u32,
  residual: u32,
  residual_bias: u32,
  sum: u32,
  y: u32,
  // (shift, delta * rstd, rstd), once they are known: xhat = (h - shift) * rstd - delta * rstd.
  factors: vec3f,
}

fn row_of(index: u32) -> Row {
  let base = index * params.segments * params.items;
  var bias = 0u;
  if (HAS_RESIDUAL_BIAS) { bias = params.residual_bias_offset + parameter_base(params.residual_bias_view, index); }
  return Row(params.x_offset + base, params.residual_offset + base, bias, params.sum_offset + base, params.y_offset + base, vec3f(0.0));
}

fn load(row: Row, i: u32) -> Lane {
  var h = from_source(x[source_at(row.x + i)], row.x + i);
  if (HAS_RESIDUAL) { h += from_source(residual[source_at(row.residual + i)], row.residual + i); }
  if (HAS_RESIDUAL_BIAS) { h += Lane(residual_bias[parameter_at(params.residual_bias_view, row.residual_bias, i, params.items)]); }
  return h;
}

// What the first read of a row does, once a lane.
fn visit(row: Row, i: u32) -> Lane {
  let h = load(row, i);
  if (WRITES_SUM) { sum[row.sum + i] = to_result(h); }
  return h;
}

fn beside(row: Row, i: u32, e: Lane) -> Lane { return e; }

fn row_moments(row: Row, total: u32, inv: Invocation) -> Moments {
  var shift = 0.0;
  if (CENTERED) { shift = row_shift(row, total, inv); }
  var sums: Sums;
  if (SHORT) { sums = chain_sums(row, shift, 0u, total, inv); } else { sums = long_sums(row, shift, total, inv); }
  let whole = team_sum(vec2f(lane_sum(sums.first), lane_sum(sums.second)), inv);
  return moments_of(shift, whole, params.reciprocal, params.eps, CENTERED);
}

fn row_factors(index: u32, live: bool, total: u32, inv: Invocation) -> vec3f {
  let m = row_moments(row_of(index), total, inv);
  if (WRITES_STATISTICS && live && team_lane(inv) == 0u) { record(index, m); }
  if (!SUBTRACTS_MEAN) { return vec3f(0.0, 0.0, m.rstd); }
  return vec3f(m.shift, m.delta * m.rstd, m.rstd);
}

// The rows of a team.
struct Rows { row0: Row, row1: Row, row2: Row, row3: Row }

// Rows past the last repeat it.
fn rows_of(first: u32, live: bool, total: u32, inv: Invocation) -> Rows {
  let last = params.rows - 1u;
  var rows = Rows(row_of(first), row_of(min(first + 1u, last)), row_of(min(first + 2u, last)), row_of(min(first + 3u, last)));
  // A CPU pays for a loop of one round.
  if (ROWS == 1u) {
    rows.row0.factors = row_factors(first, live, total, inv);
    return rows;
  }
  // Looped, not unrolled: the moments are compiled once.
  for (var r = 0u; r < ROWS; r++) {
    let factors = row_factors(min(first + r, last), live, total, inv);
    if (r == 0u) { rows.row0.factors = factors; }
    if (r == 1u) { rows.row1.factors = factors; }
    if (r == 2u) { rows.row2.factors = factors; }
    if (r == 3u) { rows.row3.factors = factors; }
  }
  return rows;
}

fn normalize(row: Row, i: u32, g: Lane, b: Lane) {
  var h: Lane;
  if (WRITES_SUM && RESULT_EXACT) { h = from_result(sum[row.sum + i]); } else { h = load(row, i); }
  y[row.y + i] = to_result(activate(((h - row.factors.x) * row.factors.z - row.factors.y) * g + b));
}

// Where gamma and beta of a team's rows lie, with their values where those are a segment's.
struct Affine {
  gamma_view: ParameterView,
  beta_view: ParameterView,
  gamma: u32,
  beta: u32,
  scale: Lane,
  offset: Lane,
}

fn affine_of(index: u32) -> Affine {
  let gamma_view = params.gamma_view;
  let beta_view = params.beta_view;
  let gamma_base = params.gamma_offset + parameter_base(gamma_view, index);
  return Affine(gamma_view, beta_view, gamma_base, params.beta_offset + parameter_base(beta_view, index), Lane(1.0), Lane(0.0));
}

fn affine_at(affine: Affine, i: u32) -> Affine {
  var own = affine;
  own.scale = gamma_at(parameter_at(affine.gamma_view, affine.gamma, i, params.items));
  own.offset = beta_at(parameter_at(affine.beta_view, affine.beta, i, params.items));
  return own;
}

// Lane i of all rows.
fn normalize_column(rows: Rows, segment: Affine, i: u32) {
  var own = segment;
  if (!BY_SEGMENT) { own = affine_at(segment, i); }
  normalize(rows.row0, i, own.scale, own.offset);
  if (ROWS == 4u) {
    normalize(rows.row1, i, own.scale, own.offset);
    normalize(rows.row2, i, own.scale, own.offset);
    normalize(rows.row3, i, own.scale, own.offset);
  }
}

fn normalize_columns(rows: Rows, segment: Affine, start: u32, end: u32, inv: Invocation) {
  let w = team_width(inv);
  var i = start + team_lane(inv);
  if (FOUR_COLUMNS) {
    for (; i + 3u * w < end; i += 4u * w) {
      normalize_column(rows, segment, i);
      normalize_column(rows, segment, i + w);
      normalize_column(rows, segment, i + 2u * w);
      normalize_column(rows, segment, i + 3u * w);
    }
  }
  for (; i < end; i += w) { normalize_column(rows, segment, i); }
}

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let total = select(0u, params.segments * params.items, live);
  let first = select(0u, team * ROWS, live);
  let rows = rows_of(first, live, total, inv);
  let affine = affine_of(first);
  if (!BY_SEGMENT) {
    normalize_columns(rows, affine, 0u, total, inv);
    return;
  }
  let span = min(params.items, total);
  for (var start = 0u; start < total; start += span) { normalize_columns(rows, affine_at(affine, start), start, start + span, inv); }
}

@compute @workgroup_size(WORKGROUP)
fn row_stream(inv: Invocation) {
  work_teams(inv);
}
