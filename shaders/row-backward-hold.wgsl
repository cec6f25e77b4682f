// The gradient of rows that a team holds in registers: x and dy are read once, dx is written once.
// A team goes through several rows, and keeps dgamma and dbeta of its columns in registers till it has ended.
// What is left where a subgroup is smaller than planned is read again, and its partial gradients are kept in memory.
struct Params {
  gamma_view: ParameterView,
  beta_view: ParameterView,
  teams: u32,
  teams_per_group: u32,
  rows_per_group: u32,
  rows_per_team: u32,
  segments: u32,
  items: u32,
  plane_stride: u32,
  statistics_stride: u32,
  reciprocal: f32,
  zero: u32,
  gamma_scale: f32,
  gamma_shift: f32,
  x_offset: u32,
  dy_offset: u32,
  dsum_offset: u32,
  statistics_offset: u32,
  gamma_offset: u32,
  beta_offset: u32,
  dx_offset: u32,
  partials_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> dy: array<Source>;
@group(0) @binding(3) var<storage, read> dsum: array<Source>;
@group(0) @binding(4) var<storage, read> statistics: array<f32>;
@group(0) @binding(5) var<storage, read> gamma: array<Parameter>;
@group(0) @binding(6) var<storage, read> beta: array<Parameter>;
@group(0) @binding(7) var<storage, read_write> dx: array<Result>;
@group(0) @binding(8) var<storage, read_write> partials: array<Lane>;

// Lanes an invocation holds of each of x, dy, dgamma and dbeta: 1 to 4, in registers with names (an indexed array would be spilled to memory).
override HELD: u32 = 1u;

struct Affine {
  gamma: u32,
  beta: u32,
}

// A lane of a row: x, and dy that becomes e; with what it adds to dgamma and dbeta.
struct Held {
  x: Lane,
  dy: Lane,
  dgamma: Lane,
  dbeta: Lane,
}

fn hold(row: Row, i: u32, total: u32) -> Held {
  if (i >= total) { return Held(Lane(0.0), Lane(0.0), Lane(0.0), Lane(0.0)); }
  return Held(x_at(row, i), dy_at(row, i), Lane(0.0), Lane(0.0));
}

fn beta_of(affine: Affine, i: u32) -> Lane {
  if (ACTIVATION == 0u) { return Lane(0.0); }
  return beta_at(parameter_at(params.beta_view, affine.beta, i, params.items));
}

fn gamma_of(affine: Affine, i: u32) -> Lane { return gamma_at(parameter_at(params.gamma_view, affine.gamma, i, params.items)); }

// dy to e, with the lane's part of dgamma and dbeta.
fn behind(own: Held, row: Row, affine: Affine, shift: Shift, i: u32, total: u32) -> Held {
  if (i >= total) { return own; }
  let g = gamma_of(affine, i);
  let xhat = xhat_of(row, own.x);
  let d = slope_of(own.dy, xhat, g, beta_of(affine, i));
  return Held(own.x, deviation_of(d, g, shift), d * xhat, d);
}

// dy behind the activation.
fn slope_at(row: Row, affine: Affine, i: u32) -> Lane {
  return slope_of(dy_at(row, i), xhat_of(row, x_at(row, i)), gamma_of(affine, i), beta_of(affine, i));
}

fn row_shift(row: Row, affine: Affine, total: u32) -> Shift {
  if (!CENTERED || !WRITES_DX || total == 0u) { return Shift(0.0, 0.0); }
  let middle = lane_first(slope_at(row, affine, total / 2u));
  let dy_shift = median(lane_first(slope_at(row, affine, 0u)), middle, lane_last(slope_at(row, affine, total - 1u)));
  return Shift(opaque(dy_shift, params.zero), lane_first(gamma_of(affine, 0u)));
}

// Sums of e and of e * xhat; lanes past the end of the row count as nothing.
fn add(sums: vec2f, own: Held, row: Row, i: u32, total: u32) -> vec2f {
  if (i >= total) { return sums; }
  return sums + vec2f(lane_sum(own.dy), lane_sum(own.dy * xhat_of(row, own.x)));
}

fn put_dx(own: Held, row: Row, slope: Slope, i: u32, total: u32) {
  if (WRITES_DX && i < total) { write_dx(row, i, own.x, own.dy, slope); }
}

fn keep(at: u32, dgamma: Lane, dbeta: Lane) {
  if (WRITES_DGAMMA) { partials[at] = dgamma; }
  if (WRITES_DBETA) { partials[at + params.plane_stride] = dbeta; }
}

// Partials of a lane that no register is left for.
fn add_kept(at: u32, own: Held, isFirst: bool) {
  if (isFirst) {
    keep(at, own.dgamma, own.dbeta);
    return;
  }
  var before = own;
  if (WRITES_DGAMMA) { before.dgamma += partials[at]; }
  if (WRITES_DBETA) { before.dbeta += partials[at + params.plane_stride]; }
  keep(at, before.dgamma, before.dbeta);
}

fn work(team: u32, inv: Invocation) {
  let w = team_width(inv);
  let i0 = team_lane(inv);
  let i1 = i0 + w;
  let i2 = i1 + w;
  let i3 = i2 + w;
  let live = team < params.teams;
  let group = team / params.teams_per_group;
  let first = group * params.rows_per_group + (team - group * params.teams_per_group) * params.rows_per_team;
  let end = select(0u, min(first + params.rows_per_team, (group + 1u) * params.rows_per_group), live);
  let length = params.segments * params.items;
  let partial = params.partials_offset + team * length;
  var dgamma0: Lane; var dgamma1: Lane; var dgamma2: Lane; var dgamma3: Lane;
  var dbeta0: Lane; var dbeta1: Lane; var dbeta2: Lane; var dbeta3: Lane;
  for (var done = 0u; done < params.rows_per_team; done++) {
    let index = min(first + done, max(end, 1u) - 1u);
    let total = select(0u, length, first + done < end);
    let row = row_of(index);
    let affine = Affine(params.gamma_offset + parameter_base(params.gamma_view, index), params.beta_offset + parameter_base(params.beta_view, index));
    var own0 = hold(row, i0, total);
    var own1: Held; var own2: Held; var own3: Held;
    if (HELD > 1u) { own1 = hold(row, i1, total); }
    if (HELD > 2u) { own2 = hold(row, i2, total); }
    if (HELD > 3u) { own3 = hold(row, i3, total); }
    let shift = row_shift(row, affine, total);
    own0 = behind(own0, row, affine, shift, i0, total);
    if (HELD > 1u) { own1 = behind(own1, row, affine, shift, i1, total); }
    if (HELD > 2u) { own2 = behind(own2, row, affine, shift, i2, total); }
    if (HELD > 3u) { own3 = behind(own3, row, affine, shift, i3, total); }
    dgamma0 += own0.dgamma;
    dbeta0 += own0.dbeta;
    if (HELD > 1u) { dgamma1 += own1.dgamma; dbeta1 += own1.dbeta; }
    if (HELD > 2u) { dgamma2 += own2.dgamma; dbeta2 += own2.dbeta; }
    if (HELD > 3u) { dgamma3 += own3.dgamma; dbeta3 += own3.dbeta; }
    var sums = add(vec2f(0.0), own0, row, i0, total);
    if (HELD > 1u) { sums = add(sums, own1, row, i1, total); }
    if (HELD > 2u) { sums = add(sums, own2, row, i2, total); }
    if (HELD > 3u) { sums = add(sums, own3, row, i3, total); }
    for (var k = i0 + HELD * w; k < total; k += w) {
      let own = behind(hold(row, k, total), row, affine, shift, k, total);
      add_kept(partial + k, own, done == 0u);
      sums = add(sums, own, row, k, total);
    }
    let slope = slope_from(row, shift, team_sum(sums, inv));
    put_dx(own0, row, slope, i0, total);
    if (HELD > 1u) { put_dx(own1, row, slope, i1, total); }
    if (HELD > 2u) { put_dx(own2, row, slope, i2, total); }
    if (HELD > 3u) { put_dx(own3, row, slope, i3, total); }
    for (var k = i0 + HELD * w; k < total; k += w) { put_dx(behind(hold(row, k, total), row, affine, shift, k, total), row, slope, k, total); }
  }
  let kept = select(0u, length, live);
  if (i0 < kept) { keep(partial + i0, dgamma0, dbeta0); }
  if (HELD > 1u && i1 < kept) { keep(partial + i1, dgamma1, dbeta1); }
  if (HELD > 2u && i2 < kept) { keep(partial + i2, dgamma2, dbeta2); }
  if (HELD > 3u && i3 < kept) { keep(partial + i3, dgamma3, dbeta3); }
}

@compute @workgroup_size(WORKGROUP)
fn row_backward_hold(inv: Invocation) {
  work_teams(inv);
}
