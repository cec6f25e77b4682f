// Rows that an invocation of a CPU goes through, twice: once for their moments, once block by block of columns, with a block's gamma and beta loaded once for all rows.
// What it needs to know of a row in between lies in `statistics`.
// y = activation((x + residual + residual_bias - mean) * rstd * gamma + beta) for each row.
struct Params {
  gamma_view: ParameterView,
  beta_view: ParameterView,
  residual_bias_view: ParameterView,
  teams: u32,
  rows: u32,
  rows_per_team: u32,
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

// Columns of a block: 4 or 16.
override COLUMNS: u32 = 4u;

// Without the uniforms that row_of loads.
fn row_at(origin: Row, index: u32, length: u32) -> Row {
  var row = origin;
  let base = index * length;
  row.x += base;
  row.residual += base;
  row.sum += base;
  row.y += base;
  if (HAS_RESIDUAL_BIAS) { row.residual_bias = params.residual_bias_offset + parameter_base(params.residual_bias_view, index); }
  let at = params.statistics_offset + index;
  let rstd = statistics[at + params.statistics_stride];
  row.factors = factors_of(statistics[at + 2u * params.statistics_stride], statistics[at + 3u * params.statistics_stride], rstd);
  return row;
}

fn normalize_four(row: Row, i: u32, a0: Affine, a1: Affine, a2: Affine, a3: Affine) {
  normalize(row, i, a0.scale, a0.offset);
  normalize(row, i + 1u, a1.scale, a1.offset);
  normalize(row, i + 2u, a2.scale, a2.offset);
  normalize(row, i + 3u, a3.scale, a3.offset);
}

fn normalize_rows(first: u32, end: u32, length: u32) {
  let origin = row_of(0u);
  let affine = affine_of(first);
  var i = 0u;
  if (COLUMNS == 16u) {
    for (; i + 15u < length; i += 16u) {
      let a0 = affine_at(affine, i);
      let a1 = affine_at(affine, i + 1u);
      let a2 = affine_at(affine, i + 2u);
      let a3 = affine_at(affine, i + 3u);
      let a4 = affine_at(affine, i + 4u);
      let a5 = affine_at(affine, i + 5u);
      let a6 = affine_at(affine, i + 6u);
      let a7 = affine_at(affine, i + 7u);
      let a8 = affine_at(affine, i + 8u);
      let a9 = affine_at(affine, i + 9u);
      let a10 = affine_at(affine, i + 10u);
      let a11 = affine_at(affine, i + 11u);
      let a12 = affine_at(affine, i + 12u);
      let a13 = affine_at(affine, i + 13u);
      let a14 = affine_at(affine, i + 14u);
      let a15 = affine_at(affine, i + 15u);
      for (var index = first; index < end; index++) {
        let row = row_at(origin, index, length);
        normalize_four(row, i, a0, a1, a2, a3);
        normalize_four(row, i + 4u, a4, a5, a6, a7);
        normalize_four(row, i + 8u, a8, a9, a10, a11);
        normalize_four(row, i + 12u, a12, a13, a14, a15);
      }
    }
  }
  for (; i + 3u < length; i += 4u) {
    let a0 = affine_at(affine, i);
    let a1 = affine_at(affine, i + 1u);
    let a2 = affine_at(affine, i + 2u);
    let a3 = affine_at(affine, i + 3u);
    for (var index = first; index < end; index++) { normalize_four(row_at(origin, index, length), i, a0, a1, a2, a3); }
  }
  for (; i < length; i++) {
    let a0 = affine_at(affine, i);
    for (var index = first; index < end; index++) { normalize(row_at(origin, index, length), i, a0.scale, a0.offset); }
  }
}

fn work(team: u32, inv: Invocation) {
  // Arrays are never empty: a compiler that sees their lengths here counts each of them once, not at every access.
  let live = (team < params.teams) & (arrayLength(&x) > 0u) & (arrayLength(&y) > 0u);
  let first = select(0u, team * params.rows_per_team, live);
  let end = min(first + params.rows_per_team, params.rows);
  let length = params.segments * params.items;
  // Rows past the last repeat it.
  for (var r = 0u; r < params.rows_per_team; r++) {
    let index = min(first + r, end - 1u);
    let m = row_moments(row_of(index), select(0u, length, live), inv);
    if (live) { record(index, m); }
  }
  if (live) { normalize_rows(first, end, length); }
}

@compute @workgroup_size(WORKGROUP)
fn row_block(inv: Invocation) {
  work_teams(inv);
}
