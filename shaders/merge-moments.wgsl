// Partials (n, shift, sum of e, sum of e^2) to mean and variance: the mean first, then every partial rebased to it; never a chain of pairwise updates.
// Also moves the running statistics. Partials of several devices bring their counts with them.
struct Params {
  teams: u32,
  partials_count: u32,
  kept: u32,
  outer_stride: u32,
  kept_stride: u32,
  inner: u32,
  step: u32,
  statistics_stride: u32,
  reciprocal: f32,
  eps: f32,
  momentum: f32,
  zero: u32,
  partials_offset: u32,
  running_mean_offset: u32,
  running_variance_offset: u32,
  statistics_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(3) var<storage, read_write> running_variance: array<f32>;
@group(0) @binding(4) var<storage, read_write> statistics: array<f32>;

override CENTERED: bool = true;
override UPDATES_RUNNING: bool = false;
// The running statistics move by their own rule, and are what x is normalized with (src/layers/estimated-batch-norm.ts).
override ESTIMATED: bool = false;
// The running variance takes the batch variance times n / (n - 1).
override RUNNING_UNBIASED: bool = false;
// How many values there are is known from the partials alone.
override COUNTED: bool = false;

// A statistic has one partial, whose shift is its own.
override SINGLE: bool = false;

fn partial_at(base: u32, i: u32) -> vec4f {
  let row = i / params.inner;
  return partials[params.partials_offset + base + row * params.step + (i - row * params.inner)];
}

// 1 / n over the values of all partials; 0 where there are none.
fn reciprocal_count(base: u32, count: u32, inv: Invocation) -> f32 {
  if (!COUNTED) { return params.reciprocal; }
  var values = 0.0;
  for (var i = team_lane(inv); i < count; i += team_width(inv)) { values += partial_at(base, i).x; }
  let n = team_sum(vec2f(values, 0.0), inv).x;
  return select(0.0, 1.0 / max(n, 1.0), n > 0.0);
}

// The mean of all values, as its distance from `shift`.
fn distance_from(shift: f32, base: u32, count: u32, reciprocal: f32, inv: Invocation) -> f32 {
  var total = 0.0;
  for (var i = team_lane(inv); i < count; i += team_width(inv)) {
    let p = partial_at(base, i);
    total += p.x * (p.y - shift) + p.z;
  }
  return team_sum(vec2f(total, 0.0), inv).x * reciprocal;
}

// Moves the estimates of statistic s and gives them as moments. The old mean is the shift: its distance from the new one is at most one standard deviation.
fn move_estimates(s: u32, batch: Moments) -> Moments {
  let mean = &running_mean[params.running_mean_offset + s];
  let variance = &running_variance[params.running_variance_offset + s];
  let shift = *mean;
  let distance = opaque(batch.shift - shift, params.zero) + batch.delta;
  // Not old + momentum * (new - old): a new variance far below the old one would lose its digits.
  let moved = *variance * (1.0 - params.momentum) + (batch.variance + distance * distance) * params.momentum;
  let delta = params.momentum * distance;
  *mean = shift + delta;
  *variance = moved;
  return Moments(shift, delta, reciprocal_root(moved + params.eps), moved);
}

// The moments of all partials, and what divides them: 1 / n.
fn merged(base: u32, count: u32, reciprocal: f32, inv: Invocation) -> Moments {
  var shift = 0.0;
  var delta = 0.0;
  if (CENTERED) {
    let start = partial_at(base, count / 2u).y;
    shift = opaque(start + distance_from(start, base, count, reciprocal, inv), params.zero);
    delta = distance_from(shift, base, count, reciprocal, inv);
  }
  var squares = 0.0;
  for (var i = team_lane(inv); i < count; i += team_width(inv)) {
    let p = partial_at(base, i);
    let own = p.z / max(p.x, 1.0);
    let from_mean = opaque(p.y - shift, params.zero) + (own - delta);
    squares += (p.w - p.z * own) + p.x * from_mean * from_mean;
  }
  let raw = team_sum(vec2f(squares, 0.0), inv).x * reciprocal;
  let variance = select(raw, 0.0, raw < 0.0);
  return Moments(shift, delta, reciprocal_std(variance, reciprocal, params.eps), variance);
}

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let s = select(0u, team, live);
  let count = select(0u, params.partials_count, live);
  var base = s;
  var reciprocal = params.reciprocal;
  var batch: Moments;
  if (SINGLE) {
    let p = partials[params.partials_offset + s];
    batch = moments_of(p.y, p.zw, reciprocal, params.eps, CENTERED);
  } else {
    base = s / params.kept * params.outer_stride + s % params.kept * params.kept_stride;
    reciprocal = reciprocal_count(base, count, inv);
    batch = merged(base, count, reciprocal, inv);
  }
  if (!live || team_lane(inv) != 0u) { return; }
  if (ESTIMATED) {
    record(s, move_estimates(s, batch));
    return;
  }
  record(s, batch);
  // Shares that are all empty have no statistics to move towards.
  if (UPDATES_RUNNING && reciprocal > 0.0) {
    let mean = &running_mean[params.running_mean_offset + s];
    *mean += params.momentum * (batch.shift + batch.delta - *mean);
    let old = &running_variance[params.running_variance_offset + s];
    var sample = batch.variance;
    if (RUNNING_UNBIASED && reciprocal < 1.0) { sample = batch.variance / (1.0 - reciprocal); }
    *old += params.momentum * (sample - *old);
  }
}

@compute @workgroup_size(WORKGROUP)
fn merge_moments(inv: Invocation) {
  work_teams(inv);
}
