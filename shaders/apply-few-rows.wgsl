// The apply of a few long rows' gradient, for a CPU: dx, and dgamma and dbeta on the way, for an invocation goes along a slice of columns through all rows. No activation follows, and nothing is added to dx.
// dx = rstd * (h - mean(h) - xhat * along), h = dy * gamma, the means known.
struct Params {
  teams: u32,
  span: u32,
  items: u32,
  rows: u32,
  statistics_stride: u32,
  gamma_scale: f32,
  gamma_shift: f32,
  x_offset: u32,
  dy_offset: u32,
  gamma_offset: u32,
  statistics_offset: u32,
  coefficients_offset: u32,
  dx_offset: u32,
  dgamma_offset: u32,
  dbeta_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> dy: array<Source>;
@group(0) @binding(3) var<storage, read> gamma: array<Parameter>;
@group(0) @binding(4) var<storage, read> statistics: array<f32>;
@group(0) @binding(5) var<storage, read> coefficients: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx: array<Result>;
@group(0) @binding(7) var<storage, read_write> dgamma: array<Lane>;
@group(0) @binding(8) var<storage, read_write> dbeta: array<Lane>;

// The mean is subtracted, and dx follows it.
override CENTERED: bool = true;
override HAS_GAMMA: bool = false;
override SCALES_GAMMA: bool = false;
override WRITES_DGAMMA: bool = false;
override WRITES_DBETA: bool = false;
// What stands in dgamma and dbeta is added to.
override ACCUMULATES: bool = false;
// Rows that are taken together: 1 to 4. A multiple of it are all rows.
override ROWS: u32 = 1u;

fn gamma_of(i: u32) -> Lane {
  var g = Lane(1.0);
  if (HAS_GAMMA) { g = Lane(gamma[params.gamma_offset + i]); }
  if (SCALES_GAMMA) { g = g * params.gamma_scale + params.gamma_shift; }
  return g;
}

// A row: its number of lanes before it, its statistics and what dx subtracts.
struct Row { at: u32, shift: f32, delta: f32, rstd: f32, first: f32, rest: f32, along: f32 }

fn row_of(index: u32) -> Row {
  if (index >= params.rows) { return Row(0u, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0); }
  let at = params.statistics_offset + index;
  let c = params.coefficients_offset + index;
  let rstd = statistics[at + params.statistics_stride];
  let along = coefficients[c + 2u * params.statistics_stride];
  if (!CENTERED) { return Row(index * params.items, 0.0, 0.0, rstd, 0.0, 0.0, along); }
  let shift = statistics[at + 2u * params.statistics_stride];
  let delta = statistics[at + 3u * params.statistics_stride] * rstd;
  let rest = coefficients[c + params.statistics_stride];
  return Row(index * params.items, shift, delta, rstd, coefficients[c], rest, along);
}

// d * g - first, not rounded at the size of the product: where gamma is about the same along a row and dy far from 0, h is near its mean everywhere.
fn product_less(d: Lane, g: Lane, first: f32) -> Lane {
  if (!HAS_GAMMA && !SCALES_GAMMA) { return d - first; }
  let own = lane_head(d);
  let factor = lane_head(g);
  return (own * factor - first) + (own * (g - factor) + (d - own) * g);
}

// What a value adds to dgamma and dbeta; its dx is written on the way.
struct Sums { dgamma: Lane, dbeta: Lane }

fn finish(sums: Sums, row: Row, i: u32, g: Lane) -> Sums {
  let at = row.at + i;
  let d = from_source(dy[source_at(params.dy_offset + at)], params.dy_offset + at);
  let scaled = (from_source(x[source_at(params.x_offset + at)], params.x_offset + at) - row.shift) * row.rstd;
  let xhat = scaled - row.delta;
  // Never (h - first) - rest, which may be reassociated.
  dx[params.dx_offset + at] = to_result(product_less(d, g, row.first) * row.rstd - (xhat * row.along + row.rest) * row.rstd);
  return Sums(sums.dgamma + d * xhat, sums.dbeta + d);
}

fn work(team: u32, inv: Invocation) {
  // Arrays are never empty: a compiler that sees their lengths here counts each of them once, not at every access.
  if ((team >= params.teams) | (arrayLength(&x) == 0u) | (arrayLength(&dy) == 0u) | (arrayLength(&dx) == 0u)) { return; }
  let begin = team * params.span;
  let end = min(begin + params.span, params.items);
  for (var first = 0u; first < params.rows; first += ROWS) {
    let row0 = row_of(first);
    let row1 = row_of(first + 1u);
    let row2 = row_of(first + 2u);
    let row3 = row_of(first + 3u);
    let adds = (first > 0u) | ACCUMULATES;
    for (var i = begin; i < end; i++) {
      let g = gamma_of(i);
      var sums = finish(Sums(Lane(0.0), Lane(0.0)), row0, i, g);
      if (ROWS > 1u) { sums = finish(sums, row1, i, g); }
      if (ROWS > 2u) { sums = finish(sums, row2, i, g); }
      if (ROWS > 3u) { sums = finish(sums, row3, i, g); }
      if (WRITES_DGAMMA) {
        var own = sums.dgamma;
        if (SCALES_GAMMA) { own *= params.gamma_scale; }
        if (adds) { own += dgamma[params.dgamma_offset + i]; }
        dgamma[params.dgamma_offset + i] = own;
      }
      if (WRITES_DBETA) {
        if (adds) { sums.dbeta += dbeta[params.dbeta_offset + i]; }
        dbeta[params.dbeta_offset + i] = sums.dbeta;
      }
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn apply_few_rows(inv: Invocation) {
  work_teams(inv);
}
