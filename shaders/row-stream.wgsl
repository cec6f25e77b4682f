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
// gamma and beta stay the same within a segment, and an invocation walks it alone: they are loaded once a segment.
override BY_SEGMENT: bool = false;
// The second read takes four columns a step.
override FOUR_COLUMNS: bool = false;

fn row_factors(index: u32, live: bool, total: u32, inv: Invocation) -> vec3f {
  let m = row_moments(row_of(index), total, inv);
  if (WRITES_STATISTICS && live && team_lane(inv) == 0u) { record(index, m); }
  return factors_of(m.shift, m.delta, m.rstd);
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
  // Arrays are never empty: a compiler that sees their lengths here counts each of them once, not at every access.
  let live = (team < params.teams) & (arrayLength(&x) > 0u) & (arrayLength(&y) > 0u);
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
