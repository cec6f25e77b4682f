// Gradients of planes that end anywhere in a lane: their sums, and dx.
// gamma and beta of a plane.
struct Affine { gamma: f32, beta: f32 }

fn affine_of(parameter: u32) -> Affine {
  let at = parameter * params.parameter_stride;
  var b = 0.0;
  if (ACTIVATION != 0u) { b = lane_first(beta_at(params.beta_offset + at)); }
  return Affine(lane_first(gamma_at(params.gamma_offset + at)), b);
}

// A lane of x and of dy, as both walks want them: (x - shift) * rstd, and dy behind the activation.
struct Pair { scaled: Lane, d: Lane }

fn pair_at(row: Row, own: Affine, i: u32) -> Pair {
  let v = from_source(x[source_at(params.x_offset + i)], params.x_offset + i);
  let d = from_source(dy[source_at(params.dy_offset + i)], params.dy_offset + i);
  return Pair((v - row.shift) * row.rstd, slope_of(d, xhat_of(row, v), Lane(own.gamma), Lane(own.beta)));
}

fn xhat_from(row: Row, scaled: Lane) -> Lane {
  if (!SUBTRACTS_MEAN) { return scaled + row.shift * row.rstd; }
  return scaled - row.delta;
}

// Sums of e = d - shift, of e * xhat, of xhat and of d.
struct GradientSums { e: Lane, exhat: Lane, xhat: Lane, d: Lane }

fn add_pair(sums: GradientSums, row: Row, pair: Pair, shift: f32) -> GradientSums {
  let e = pair.d - shift;
  let xhat = xhat_from(row, pair.scaled);
  return GradientSums(sums.e + e, sums.exhat + e * xhat, sums.xhat + xhat, sums.d + pair.d);
}

// The same of what lies in a plane of this many values, whose first is at `place` beside that of the lane.
fn add_within(sums: GradientSums, row: Row, pair: Pair, shift: f32, place: u32) -> GradientSums {
  let count = params.plane_values;
  let e = within(pair.d - shift, place, count);
  let xhat = within(xhat_from(row, pair.scaled), place, count);
  return GradientSums(sums.e + e, sums.exhat + e * xhat, sums.xhat + xhat, sums.d + within(pair.d, place, count));
}

fn no_sums() -> GradientSums { return GradientSums(Lane(0.0), Lane(0.0), Lane(0.0), Lane(0.0)); }

fn summed(sums: GradientSums) -> vec4f { return vec4f(lane_sum(sums.e), lane_sum(sums.exhat), lane_sum(sums.xhat), lane_sum(sums.d)); }

struct PairFour { p0: Pair, p1: Pair, p2: Pair, p3: Pair }
struct HeldPairs { a: PairFour, b: PairFour, c: PairFour, d: PairFour }

fn held_pair(row: Row, own: Affine, first: u32, k: u32) -> Pair {
  if (k >= HELD) { return Pair(Lane(0.0), Lane(0.0)); }
  return pair_at(row, own, first + k);
}

fn four_pairs(row: Row, own: Affine, first: u32, k: u32) -> PairFour {
  return PairFour(held_pair(row, own, first, k), held_pair(row, own, first, k + 1u), held_pair(row, own, first, k + 2u), held_pair(row, own, first, k + 3u));
}

// The plane that begins with value `start` of the tensor.
fn hold_pairs(row: Row, own: Affine, start: u32) -> HeldPairs {
  let i = start >> LANE_BITS;
  return HeldPairs(four_pairs(row, own, i, 0u), four_pairs(row, own, i, 4u), four_pairs(row, own, i, 8u), four_pairs(row, own, i, 12u));
}

fn add_held_pair(sums: GradientSums, row: Row, pair: Pair, shift: f32, k: u32, start: u32) -> GradientSums {
  if (k >= HELD) { return sums; }
  if (SEAMS && (k == 0u || k + 2u >= HELD)) { return add_within(sums, row, pair, shift, k * LANE - place_in_lane(start)); }
  return add_pair(sums, row, pair, shift);
}

fn add_four_pairs(sums: GradientSums, row: Row, four: PairFour, shift: f32, k: u32, start: u32) -> GradientSums {
  let low = add_held_pair(add_held_pair(sums, row, four.p0, shift, k, start), row, four.p1, shift, k + 1u, start);
  return add_held_pair(add_held_pair(low, row, four.p2, shift, k + 2u, start), row, four.p3, shift, k + 3u, start);
}

fn held_gradient(row: Row, held: HeldPairs, shift: f32, start: u32) -> vec4f {
  let low = add_four_pairs(add_four_pairs(no_sums(), row, held.a, shift, 0u, start), row, held.b, shift, 4u, start);
  return summed(add_four_pairs(add_four_pairs(low, row, held.c, shift, 8u, start), row, held.d, shift, 12u, start));
}

// One chain of adds, each of four lanes.
fn pair_chain(sums: GradientSums, row: Row, own: Affine, shift: f32, begin: u32, end: u32) -> GradientSums {
  var chain = sums;
  for (var i = begin; i < end; i += 4u) {
    let p0 = pair_at(row, own, i);
    let p1 = pair_at(row, own, i + 1u);
    let low = add_pair(add_pair(chain, row, p0, shift), row, p1, shift);
    let p2 = pair_at(row, own, i + 2u);
    let p3 = pair_at(row, own, i + 3u);
    chain = add_pair(add_pair(low, row, p2, shift), row, p3, shift);
  }
  return chain;
}

// The sums of a plane. The first lane, and four at the end, are masked: a loop for what four leave would cost more.
fn plane_sums(row: Row, own: Affine, shift: f32, start: u32) -> vec4f {
  var i = start >> LANE_BITS;
  var sums = add_within(no_sums(), row, pair_at(row, own, i), shift, i * LANE - start);
  i += 1u;
  let last = i + ((((start + params.plane_values) >> LANE_BITS) - i) & ~3u);
  if (ONE_CHAIN) { sums = pair_chain(sums, row, own, shift, i, last); }
  var all = vec4f(0.0);
  if (!ONE_CHAIN) {
    for (; i < last; i += 2u * CHAIN) { all += summed(pair_chain(no_sums(), row, own, shift, i, min(i + 2u * CHAIN, last))); }
  }
  let place = last * LANE - start;
  sums = add_within(sums, row, pair_at(row, own, last), shift, place);
  sums = add_within(sums, row, pair_at(row, own, last + 1u), shift, place + LANE);
  sums = add_within(sums, row, pair_at(row, own, last + 2u), shift, place + 2u * LANE);
  sums = add_within(sums, row, pair_at(row, own, last + 3u), shift, place + 3u * LANE);
  return all + summed(sums);
}

struct Folded { shift: f32, factor: f32, along: f32, rest: f32 }

fn gradient_of(own: Folded, pair: Pair) -> Lane {
  let sum = (pair.d - own.shift) * own.factor;
  // Never ((d - shift) - mean), which may be reassociated. Where the statistics were given, xhat is no part of it.
  if (FIXED) { return sum; }
  return sum + (pair.scaled * own.along + own.rest);
}

fn with_dsum(i: u32, d: Lane) -> Lane {
  if (!HAS_DSUM) { return d; }
  return d + from_source(dsum[source_at(params.dsum_offset + i)], params.dsum_offset + i);
}

fn put(i: u32, d: Lane) { dx[params.dx_offset + i] = to_result(with_dsum(i, d)); }

// The first lane of a plane, which the plane before it has written as if it were its own.
fn put_first(own: Folded, pair: Pair, start: u32) {
  let i = start >> LANE_BITS;
  let before = from_result(dx[params.dx_offset + i]);
  dx[params.dx_offset + i] = to_result(lane_below(before, with_dsum(i, gradient_of(own, pair)), 0u, place_in_lane(start)));
}

fn put_held(own: Folded, pair: Pair, k: u32, start: u32) {
  if (k >= HELD) { return; }
  if (SEAMS && k == 0u) {
    put_first(own, pair, start);
  } else {
    // The last lane may be wholly the next plane's.
    if (!SEAMS || k + 1u < HELD || k * LANE < place_in_lane(start) + params.plane_values) { put((start >> LANE_BITS) + k, gradient_of(own, pair)); }
  }
}

fn put_four(own: Folded, four: PairFour, k: u32, start: u32) {
  put_held(own, four.p0, k, start);
  put_held(own, four.p1, k + 1u, start);
  put_held(own, four.p2, k + 2u, start);
  put_held(own, four.p3, k + 3u, start);
}

fn finish_held(held: HeldPairs, own: Folded, start: u32) {
  put_four(own, held.a, 0u, start);
  put_four(own, held.b, 4u, start);
  put_four(own, held.c, 8u, start);
  put_four(own, held.d, 12u, start);
}

// What a plane writes into a lane that it shares with the next, that one writes again.
fn finish_plane(row: Row, affine: Affine, own: Folded, start: u32) {
  let first = start >> LANE_BITS;
  let end = (start + params.plane_values + LANE - 1u) >> LANE_BITS;
  put_first(own, pair_at(row, affine, first), start);
  // The last round takes lanes again that the one before it wrote: a second loop for what is left would cost more.
  for (var k = first + 1u; k < end; k += 4u) {
    let i = min(k, end - 4u);
    let p0 = pair_at(row, affine, i);
    let p1 = pair_at(row, affine, i + 1u);
    let p2 = pair_at(row, affine, i + 2u);
    let p3 = pair_at(row, affine, i + 3u);
    put(i, gradient_of(own, p0));
    put(i + 1u, gradient_of(own, p1));
    put(i + 2u, gradient_of(own, p2));
    put(i + 3u, gradient_of(own, p3));
  }
}
