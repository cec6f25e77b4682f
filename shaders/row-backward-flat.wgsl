// The gradient of statistics whose planes end anywhere in a lane (7 x 7), as lanes of the whole tensor: a team takes statistics that together are whole lanes, reads the planes of
// each once for its sums, which are its part of dgamma and dbeta, and once for dx. Short planes are held in registers; where a statistic is one of them, it is read once.
struct Params {
  teams: u32,
  statistics_per_team: u32,
  count: u32,
  planes: u32,
  plane_values: u32,
  plane_step: u32,
  parameter_count: u32,
  parameter_stride: u32,
  segments: u32,
  items: u32,
  partial_stride: u32,
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

// The planes of a statistic share gamma and beta, and those of other statistics lie between them. Else they follow each other.
override APART: bool = false;
// A statistic is one plane.
override ALONE: bool = false;

// A value near the mean of dy behind the activation: of the first plane, one in the middle, and the last.
fn statistic_shift(row: Row, start: u32, parameter: u32) -> f32 {
  let middle = params.planes / 2u;
  let last = params.planes - 1u;
  var own = affine_of(parameter);
  let a = lane_sum(pair_at(row, own, (start + LANE - 1u) >> LANE_BITS).d);
  if (!APART && !ALONE) { own = affine_of((parameter + middle) % params.parameter_count); }
  let b = lane_sum(pair_at(row, own, (start + middle * params.plane_step + params.plane_values / 2u) >> LANE_BITS).d);
  if (!APART && !ALONE) { own = affine_of((parameter + last) % params.parameter_count); }
  let c = lane_sum(pair_at(row, own, ((start + last * params.plane_step + params.plane_values) >> LANE_BITS) - 1u).d);
  return opaque(median(a, b, c) / f32(LANE), params.zero);
}

// dx = (d - shift) * factor + (((x - shift of x) * rstd) * along + rest): what a plane has in common, folded.
fn folded_of(row: Row, own: Affine, slope: Slope) -> Folded {
  let along = -slope.along * row.rstd;
  let far = (own.gamma - slope.shift.gamma) * slope.shift.dy;
  return Folded(slope.shift.dy, own.gamma * row.rstd, along, (far - slope.mean) * row.rstd - along * row.delta);
}

fn next_of(parameter: u32) -> u32 { return select(parameter + 1u, 0u, parameter + 1u == params.parameter_count); }

fn write_partial(index: u32, sums: vec4f, added: f32) {
  let at = params.partials_offset + index;
  if (WRITES_DGAMMA) { partials[at] = sums.y + added * sums.z; }
  if (WRITES_DBETA) { partials[at + params.partial_stride] = sums.w; }
}

// Statistic s, whose first plane has this parameter. Gives that of the plane after its last.
fn take(s: u32, parameter: u32) -> u32 {
  let row = row_of(s);
  let start = s * params.items;
  let values = f32(params.plane_values);
  let first = affine_of(parameter);
  var shift = 0.0;
  if (CENTERED) { shift = statistic_shift(row, start, parameter); }
  if (ALONE && HELD > 0u) {
    let held = hold_pairs(row, first, start);
    let sums = held_gradient(row, held, shift, start);
    // Over a whole statistic it is (d - mean) * xhat that is summed: the mean itself would only add the rounding of xhat.
    write_partial(s, sums, select(shift, -sums.x / values, CENTERED));
    if (WRITES_DX) { finish_held(held, folded_of(row, first, slope_from(row, Shift(shift, first.gamma), first.gamma * sums.xy)), start); }
    return next_of(parameter);
  }
  // The statistic's e is gamma * e + (gamma - gamma0) * shift (prelude/row-gradient).
  var whole = vec2f(0.0);
  var together = vec4f(0.0);
  var next = parameter;
  var own = first;
  for (var p = 0u; p < params.planes; p++) {
    if (!APART) { own = affine_of(next); }
    let sums = plane_sums(row, own, shift, start + p * params.plane_step);
    together += sums;
    if (!APART) {
      let far = (own.gamma - first.gamma) * shift;
      whole += vec2f(own.gamma * sums.x + far * values, own.gamma * sums.y + far * sums.z);
      write_partial(s * params.planes + p, sums, select(shift, -sums.x / values, CENTERED && ALONE));
      next = next_of(next);
    }
  }
  if (APART) {
    whole = first.gamma * together.xy;
    write_partial(s, together, select(shift, -together.x * params.reciprocal, CENTERED));
    next = next_of(parameter);
  }
  if (WRITES_DX) {
    let slope = slope_from(row, Shift(shift, first.gamma), whole);
    var at = parameter;
    for (var p = 0u; p < params.planes; p++) {
      if (!APART) {
        own = affine_of(at);
        at = next_of(at);
      }
      finish_plane(row, own, folded_of(row, own, slope), start + p * params.plane_step);
    }
  }
  return next;
}

fn work(team: u32, inv: Invocation) {
  // A compiler that sees the lengths of arrays here counts each of them once, not at every access. None is empty.
  let shortest = min(min(arrayLength(&x), arrayLength(&dy)), arrayLength(&dx));
  if ((team >= params.teams) | (shortest == 0u)) { return; }
  let first = team * params.statistics_per_team;
  let end = min(first + params.statistics_per_team, params.count);
  var parameter = first;
  if (!APART) { parameter *= params.planes; }
  parameter %= params.parameter_count;
  for (var s = first; s < end; s++) { parameter = take(s, parameter); }
}

@compute @workgroup_size(WORKGROUP)
fn row_backward_flat(inv: Invocation) {
  work_teams(inv);
}
