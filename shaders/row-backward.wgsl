// The gradient of rows that are read twice: once for the sums of h, once for dx. The second read comes from a cache.
// A team goes through several rows and adds up dgamma and dbeta of its columns in a row of partials, which stays in a cache too.
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

// Rows that a team goes through side by side, with gamma, beta and the partials loaded once for all: 1 or 4.
override ROWS: u32 = 1u;
// Rows of at most 64 lanes: one chain of adds.
override SHORT: bool = false;

struct Affine {
  gamma: u32,
  beta: u32,
}

fn gamma_of(affine: Affine, i: u32) -> Lane { return gamma_at(parameter_at(params.gamma_view, affine.gamma, i, params.items)); }
fn beta_of(affine: Affine, i: u32) -> Lane {
  if (ACTIVATION == 0u) { return Lane(0.0); }
  return beta_at(parameter_at(params.beta_view, affine.beta, i, params.items));
}

// dy behind the activation.
fn slope_at(row: Row, affine: Affine, i: u32) -> Lane {
  return slope_of(dy_at(row, i), xhat_of(row, x_at(row, i)), gamma_of(affine, i), beta_of(affine, i));
}

fn row_shift(row: Row, affine: Affine, total: u32) -> Shift {
  if (!CENTERED) { return Shift(0.0, 0.0); }
  let last = max(total, 1u) - 1u;
  let middle = lane_first(slope_at(row, affine, total / 2u));
  let dy_shift = median(lane_first(slope_at(row, affine, 0u)), middle, lane_last(slope_at(row, affine, last)));
  return Shift(opaque(dy_shift, params.zero), lane_first(gamma_of(affine, 0u)));
}

// Sums of e and of e * xhat.
struct Sums {
  first: Lane,
  second: Lane,
}

// One chain of adds: lanes begin..end of the row that are this invocation's.
fn chain_sums(row: Row, affine: Affine, shift: Shift, begin: u32, end: u32, inv: Invocation) -> Sums {
  var sums = Sums(Lane(0.0), Lane(0.0));
  for (var i = begin + team_lane(inv); i < end; i += team_width(inv)) {
    let g = gamma_of(affine, i);
    let xhat = xhat_of(row, x_at(row, i));
    let e = deviation_of(slope_of(dy_at(row, i), xhat, g, beta_of(affine, i)), g, shift);
    sums.first += e;
    sums.second += e * xhat;
  }
  return sums;
}

// Chains of 32 adds, summed by 32, then all.
fn long_sums(row: Row, affine: Affine, shift: Shift, total: u32, inv: Invocation) -> Sums {
  let part = CHAIN * team_width(inv);
  var sums = Sums(Lane(0.0), Lane(0.0));
  for (var outer = 0u; outer < total; outer += CHAIN * part) {
    var middle = Sums(Lane(0.0), Lane(0.0));
    let outer_end = min(outer + CHAIN * part, total);
    for (var inner = outer; inner < outer_end; inner += part) {
      let chain = chain_sums(row, affine, shift, inner, min(inner + part, outer_end), inv);
      middle.first += chain.first;
      middle.second += chain.second;
    }
    sums.first += middle.first;
    sums.second += middle.second;
  }
  return sums;
}

fn row_slope(row: Row, affine: Affine, total: u32, inv: Invocation) -> Slope {
  if (FIXED || !WRITES_DX) { return Slope(Shift(0.0, 0.0), 0.0, 0.0); }
  let shift = row_shift(row, affine, total);
  var sums: Sums;
  if (SHORT) { sums = chain_sums(row, affine, shift, 0u, total, inv); } else { sums = long_sums(row, affine, shift, total, inv); }
  return slope_from(row, shift, team_sum(vec2f(lane_sum(sums.first), lane_sum(sums.second)), inv));
}

// What a row adds to dgamma and dbeta of lane i; its dx is written on the way.
fn finish(row: Row, slope: Slope, live: bool, i: u32, g: Lane, b: Lane) -> Sums {
  let v = x_at(row, i);
  let xhat = xhat_of(row, v);
  let d = slope_of(dy_at(row, i), xhat, g, b);
  if (WRITES_DX) { write_dx(row, i, v, deviation_of(d, g, slope.shift), slope); }
  let own = select(Lane(0.0), d, live);
  return Sums(own * xhat, own);
}

fn work(team: u32, inv: Invocation) {
  // A compiler that sees the lengths of arrays here counts each of them once, not at every access. None is empty.
  let shortest = min(min(arrayLength(&x), arrayLength(&dy)), arrayLength(&dx));
  let live = (team < params.teams) & (shortest > 0u);
  let group = team / params.teams_per_group;
  let group_end = (group + 1u) * params.rows_per_group;
  let first = group * params.rows_per_group + (team - group * params.teams_per_group) * params.rows_per_team;
  let end = select(0u, min(first + params.rows_per_team, group_end), live);
  let length = params.segments * params.items;
  let partial = params.partials_offset + team * length;
  for (var done = 0u; done < params.rows_per_team; done += ROWS) {
    let index = first + done;
    let total = select(0u, length, index < end);
    let last = max(end, 1u) - 1u;
    let start = min(index, last);
    let affine = Affine(params.gamma_offset + parameter_base(params.gamma_view, start), params.beta_offset + parameter_base(params.beta_view, start));
    var slope0: Slope; var slope1: Slope; var slope2: Slope; var slope3: Slope;
    // Looped, not unrolled: the sums are compiled once. Rows past the last repeat it.
    for (var r = 0u; r < ROWS; r++) {
      let slope = row_slope(row_of(min(start + r, last)), affine, total, inv);
      if (r == 0u) { slope0 = slope; }
      if (r == 1u) { slope1 = slope; }
      if (r == 2u) { slope2 = slope; }
      if (r == 3u) { slope3 = slope; }
    }
    let row0 = row_of(start);
    let row1 = row_of(min(start + 1u, last));
    let row2 = row_of(min(start + 2u, last));
    let row3 = row_of(min(start + 3u, last));
    for (var i = team_lane(inv); i < total; i += team_width(inv)) {
      let g = gamma_of(affine, i);
      let b = beta_of(affine, i);
      var sums = finish(row0, slope0, true, i, g, b);
      if (ROWS == 4u) {
        let sums1 = finish(row1, slope1, start + 1u < end, i, g, b);
        let sums2 = finish(row2, slope2, start + 2u < end, i, g, b);
        let sums3 = finish(row3, slope3, start + 3u < end, i, g, b);
        sums.first = (sums.first + sums1.first) + (sums2.first + sums3.first);
        sums.second = (sums.second + sums1.second) + (sums2.second + sums3.second);
      }
      let at = partial + i;
      if (WRITES_DGAMMA) { partials[at] = select(partials[at], Lane(0.0), done == 0u) + sums.first; }
      if (WRITES_DBETA) { partials[at + params.plane_stride] = select(partials[at + params.plane_stride], Lane(0.0), done == 0u) + sums.second; }
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn row_backward(inv: Invocation) {
  work_teams(inv);
}
