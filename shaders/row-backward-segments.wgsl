// The gradient of rows whose gamma and beta stay the same within a segment: a team reads a row once for the sums of each segment, which are
// its part of dgamma and dbeta, and once for dx. The second read comes from a cache.
struct Params {
  gamma_view: ParameterView,
  beta_view: ParameterView,
  teams: u32,
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
@group(0) @binding(8) var<storage, read_write> partials: array<f32>;

// Lanes a step, added as a tree before they join the chain: 1 or 4. A CPU counts its loop once a step.
override STEP: u32 = 1u;
// Segments of at most 64 steps an invocation: one chain of adds.
override SHORT: bool = false;
// The sum of xhat is needed: a segment's is not 0 where the row has others, and that of a whole row is 0 but for its rounding.
override SUMS_XHAT: bool = true;

// One segment: its first lane, the lane after its last, gamma and beta.
struct Segment {
  start: u32,
  end: u32,
  gamma: Lane,
  beta: Lane,
}

fn segment_of(index: u32, segment: u32, live: bool) -> Segment {
  let g = params.gamma_offset + parameter_base(params.gamma_view, index) + segment * params.gamma_view.segment;
  let b = params.beta_offset + parameter_base(params.beta_view, index) + segment * params.beta_view.segment;
  let start = segment * params.items;
  var beta_lane = Lane(0.0);
  if (ACTIVATION != 0u) { beta_lane = beta_at(b); }
  return Segment(start, select(start, start + params.items, live), gamma_at(g), beta_lane);
}

// dy behind the activation.
fn slope_at(row: Row, own: Segment, i: u32) -> Lane { return slope_of(dy_at(row, i), xhat_of(row, x_at(row, i)), own.gamma, own.beta); }

// A value near the mean of dy behind the activation.
fn row_shift(row: Row, index: u32) -> f32 {
  let last = params.segments * params.items - 1u;
  let middle = params.segments / 2u;
  let a = lane_sum(slope_at(row, segment_of(index, 0u, true), 0u));
  let b = lane_sum(slope_at(row, segment_of(index, middle, true), middle * params.items + params.items / 2u));
  let c = lane_sum(slope_at(row, segment_of(index, params.segments - 1u, true), last));
  return opaque(median(a, b, c) / f32(LANE), params.zero);
}

// What lane i adds to the sums of a segment: of e = d - shift, d being dy behind the activation, of e * xhat, of xhat and of d. Added over the lane at once: a CPU keeps four
// sums of one value each in registers, not sixteen.
fn term(row: Row, own: Segment, shift: f32, i: u32) -> vec4f {
  let xhat = xhat_of(row, x_at(row, i));
  let d = slope_of(dy_at(row, i), xhat, own.gamma, own.beta);
  let e = d - shift;
  var sums = vec4f(lane_sum(e), lane_sum(e * xhat), 0.0, 0.0);
  if (SUMS_XHAT) { sums.z = lane_sum(xhat); }
  // As it is: shift * n + sum of e would lose a sum that is small beside shift * n.
  if (WRITES_DBETA) { sums.w = lane_sum(d); }
  return sums;
}

// One chain of adds: lanes begin..end of the row that are this invocation's.
fn chain_sums(row: Row, own: Segment, shift: f32, begin: u32, end: u32, inv: Invocation) -> vec4f {
  let w = team_width(inv);
  var sums = vec4f(0.0);
  var i = begin + team_lane(inv);
  if (STEP == 4u) {
    for (; i + 3u * w < end; i += 4u * w) {
      let low = term(row, own, shift, i) + term(row, own, shift, i + w);
      sums += low + (term(row, own, shift, i + 2u * w) + term(row, own, shift, i + 3u * w));
    }
  }
  for (; i < end; i += w) { sums += term(row, own, shift, i); }
  return sums;
}

// Chains of 32 steps, summed by 32, then all.
fn long_sums(row: Row, own: Segment, shift: f32, inv: Invocation) -> vec4f {
  let part = STEP * CHAIN * team_width(inv);
  var sums = vec4f(0.0);
  for (var outer = own.start; outer < own.end; outer += CHAIN * part) {
    var middle = vec4f(0.0);
    let outer_end = min(outer + CHAIN * part, own.end);
    for (var inner = outer; inner < outer_end; inner += part) {
      middle += chain_sums(row, own, shift, inner, min(inner + part, outer_end), inv);
    }
    sums += middle;
  }
  return sums;
}

// The sums of a segment over its team.
fn segment_sums(row: Row, own: Segment, shift: f32, inv: Invocation) -> vec4f {
  var sums: vec4f;
  if (SHORT) { sums = chain_sums(row, own, shift, own.start, own.end, inv); } else { sums = long_sums(row, own, shift, inv); }
  let whole = team_sum(sums.xy, inv);
  var rest = vec2f(0.0);
  if (SUMS_XHAT || WRITES_DBETA) { rest = team_sum(sums.zw, inv); }
  return vec4f(whole, rest);
}

// dx = (d - shift) * factor + (((x - shift of x) * rstd) * along + rest): what a segment has in common, folded.
struct Folded {
  shift: f32,
  factor: Lane,
  along: f32,
  rest: Lane,
}

fn folded_of(row: Row, own: Segment, slope: Slope) -> Folded {
  let along = -slope.along * row.rstd;
  let far = (own.gamma - slope.shift.gamma) * slope.shift.dy;
  return Folded(slope.shift.dy, own.gamma * row.rstd, along, (far - slope.mean) * row.rstd - along * row.delta);
}

fn finish(row: Row, own: Segment, folded: Folded, i: u32) {
  let v = x_at(row, i);
  let d = slope_of(dy_at(row, i), xhat_of(row, v), own.gamma, own.beta);
  var sum = (d - folded.shift) * folded.factor;
  // Never ((d - shift) - mean), which may be reassociated. Where the statistics were given, xhat is no part of it.
  if (!FIXED) { sum += ((v - row.shift) * row.rstd) * folded.along + folded.rest; }
  store_dx(row, i, sum);
}

fn work(team: u32, inv: Invocation) {
  // A compiler that sees the lengths of arrays here counts each of them once, not at every access. None is empty.
  let shortest = min(min(arrayLength(&x), arrayLength(&dy)), arrayLength(&dx));
  let live = (team < params.teams) & (shortest > 0u);
  let index = select(0u, team, live);
  let row = row_of(index);
  var shift = 0.0;
  if (CENTERED) { shift = row_shift(row, index); }
  // The row's e is gamma * e + (gamma - gamma0) * shift (prelude/row-gradient).
  let gamma0 = lane_first(segment_of(index, 0u, live).gamma);
  let values = f32(params.items * LANE);
  var row_sums = vec2f(0.0);
  for (var segment = 0u; segment < params.segments; segment++) {
    let own = segment_of(index, segment, live);
    let sums = segment_sums(row, own, shift, inv);
    let g = lane_first(own.gamma);
    let far = (g - gamma0) * shift;
    row_sums += vec2f(g * sums.x + far * values, g * sums.y + far * sums.z);
    if (live && team_lane(inv) == 0u) {
      let at = params.partials_offset + index * params.segments + segment;
      // Over a whole row it is (d - mean) * xhat that is summed: the mean itself would only add the rounding of xhat.
      let added = select(shift, -sums.x / values, CENTERED && params.segments == 1u);
      if (WRITES_DGAMMA) { partials[at] = sums.y + added * sums.z; }
      if (WRITES_DBETA) { partials[at + params.plane_stride] = sums.w; }
    }
  }
  if (!WRITES_DX) { return; }
  let slope = slope_from(row, Shift(shift, gamma0), row_sums);
  for (var segment = 0u; segment < params.segments; segment++) {
    let own = segment_of(index, segment, live);
    let folded = folded_of(row, own, slope);
    let w = team_width(inv);
    var i = own.start + team_lane(inv);
    if (STEP == 4u) {
      for (; i + 3u * w < own.end; i += 4u * w) {
        finish(row, own, folded, i);
        finish(row, own, folded, i + w);
        finish(row, own, folded, i + 2u * w);
        finish(row, own, folded, i + 3u * w);
      }
    }
    for (; i < own.end; i += w) { finish(row, own, folded, i); }
  }
}

@compute @workgroup_size(WORKGROUP)
fn row_backward_segments(inv: Invocation) {
  work_teams(inv);
}
