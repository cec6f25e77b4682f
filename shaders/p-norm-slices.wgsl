// Slices of long runs, for a p-norm: a team takes one slice of one statistic's planes and writes the largest |x| and the sum of terms |x|^p.
// GRADIENT: its part of dot = sum of dy * x / norm.
struct Params {
  power: Exponent,
  teams: u32,
  slices: u32,
  item_slices: u32,
  planes_per_slice: u32,
  items_per_slice: u32,
  repeats: u32,
  kept: u32,
  items: u32,
  eps: f32,
  x_offset: u32,
  dy_offset: u32,
  norm_offset: u32,
  partials_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> dy: array<Source>;
@group(0) @binding(3) var<storage, read> norm: array<f32>;
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;

override GRADIENT: bool = false;

// A statistic's planes first..end, and of each the items start..stop.
struct Slice {
  outer: u32,
  kept: u32,
  first: u32,
  end: u32,
  start: u32,
  stop: u32,
}

fn plane_of(slice: Slice, a: u32) -> u32 {
  return ((slice.outer * params.repeats + a) * params.kept + slice.kept) * params.items;
}

fn load(plane: u32, i: u32) -> Lane {
  let k = params.x_offset + plane + i;
  return from_source(x[source_at(k)], k);
}

fn load_dy(plane: u32, i: u32) -> Lane {
  let k = params.dy_offset + plane + i;
  return from_source(dy[source_at(k)], k);
}

fn slice_largest(slice: Slice, inv: Invocation) -> f32 {
  var far = Lane(0.0);
  for (var a = slice.first; a < slice.end; a++) {
    let plane = plane_of(slice, a);
    for (var i = slice.start + team_lane(inv); i < slice.stop; i += team_width(inv)) { far = max(far, abs(load(plane, i))); }
  }
  return team_max(lane_max(far), inv);
}

// factors: of the terms, or of x / norm.
fn slice_sum(slice: Slice, factors: vec2f, inv: Invocation) -> f32 {
  let part = CHAIN * team_width(inv);
  var sum = Lane(0.0);
  for (var a = slice.first; a < slice.end; a++) {
    let plane = plane_of(slice, a);
    for (var begin = slice.start; begin < slice.stop; begin += part) {
      var chain = Lane(0.0);
      for (var i = begin + team_lane(inv); i < min(begin + part, slice.stop); i += team_width(inv)) {
        if (GRADIENT) {
          chain += load(plane, i) * factors.x * factors.y * load_dy(plane, i);
        } else {
          chain += terms_of(load(plane, i), Lane(factors.x), Lane(factors.y), params.power);
        }
      }
      sum += chain;
    }
  }
  return team_sum(vec2f(lane_sum(sum), 0.0), inv).x;
}

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let statistic = select(0u, team / params.slices, live);
  let t = select(0u, team % params.slices, live);
  let first = t / params.item_slices * params.planes_per_slice;
  let start = t % params.item_slices * params.items_per_slice;
  let end = select(0u, min(first + params.planes_per_slice, params.repeats), live);
  let slice = Slice(statistic / params.kept, statistic % params.kept, first, end, start, min(start + params.items_per_slice, params.items));
  var largest = 0.0;
  var factors: vec2f;
  if (GRADIENT) {
    factors = divisor_of(norm[params.norm_offset + statistic], params.eps);
  } else {
    largest = slice_largest(slice, inv);
    factors = unit_of(largest);
  }
  let sum = slice_sum(slice, factors, inv);
  if (!live || team_lane(inv) != 0u) { return; }
  let at = params.partials_offset + 2u * team;
  partials[at] = select(largest, sum, GRADIENT);
  if (!GRADIENT) { partials[at + 1u] = sum; }
}

@compute @workgroup_size(WORKGROUP)
fn p_norm_slices(inv: Invocation) {
  work_teams(inv);
}
