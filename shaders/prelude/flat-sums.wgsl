// Sums of planes that end anywhere in a lane.
fn load_lane(i: u32) -> Lane { return from_source(x[source_at(params.x_offset + i)], params.x_offset + i); }

// Sums of e = value - shift, and of its square.
struct FlatSums {
  first: Lane,
  second: Lane,
}

fn add_four(sums: FlatSums, e0: Lane, e1: Lane, e2: Lane, e3: Lane) -> FlatSums {
  return FlatSums(sums.first + ((e0 + e1) + (e2 + e3)), sums.second + ((e0 * e0 + e1 * e1) + (e2 * e2 + e3 * e3)));
}

// Lanes i..end, four a step, as long as there are four.
fn flat_chain(sums: FlatSums, shift: f32, start: u32, end: u32) -> FlatSums {
  var own = sums;
  for (var i = start; i + 3u < end; i += 4u) {
    own = add_four(own, load_lane(i) - shift, load_lane(i + 1u) - shift, load_lane(i + 2u) - shift, load_lane(i + 3u) - shift);
  }
  return own;
}

// The lanes of a short plane, in registers.
struct HeldFour { h0: Lane, h1: Lane, h2: Lane, h3: Lane }
struct Held { a: HeldFour, b: HeldFour, c: HeldFour, d: HeldFour }

fn held_lane(first: u32, k: u32) -> Lane {
  var h = Lane(0.0);
  if (k < HELD) { h = load_lane(first + k); }
  return h;
}

fn held_four(first: u32, k: u32) -> HeldFour {
  return HeldFour(held_lane(first, k), held_lane(first, k + 1u), held_lane(first, k + 2u), held_lane(first, k + 3u));
}

fn hold(first: u32) -> Held { return Held(held_four(first, 0u), held_four(first, 4u), held_four(first, 8u), held_four(first, 12u)); }

// Lane k of a plane that starts at value `place` of the first.
fn held_distance(h: Lane, k: u32, shift: f32, place: u32, count: u32) -> Lane {
  var e = Lane(0.0);
  if (k < HELD) { e = h - shift; }
  if (SEAMS && (k == 0u || (k < HELD && k + 2u >= HELD))) { e = within(e, k * LANE - place, count); }
  return e;
}

fn add_held(sums: FlatSums, four: HeldFour, k: u32, shift: f32, place: u32, count: u32) -> FlatSums {
  let e0 = held_distance(four.h0, k, shift, place, count);
  let e1 = held_distance(four.h1, k + 1u, shift, place, count);
  let e2 = held_distance(four.h2, k + 2u, shift, place, count);
  let e3 = held_distance(four.h3, k + 3u, shift, place, count);
  return add_four(sums, e0, e1, e2, e3);
}

fn held_sums(held: Held, shift: f32, place: u32, count: u32) -> FlatSums {
  var sums = add_held(FlatSums(Lane(0.0), Lane(0.0)), held.a, 0u, shift, place, count);
  if (HELD > 4u) { sums = add_held(sums, held.b, 4u, shift, place, count); }
  if (HELD > 8u) { sums = add_held(sums, held.c, 8u, shift, place, count); }
  if (HELD > 12u) { sums = add_held(sums, held.d, 12u, shift, place, count); }
  return sums;
}

// The same of a plane that is read for its sums alone: a CPU's registers hold four lanes.
fn short_sums(first: u32, shift: f32, place: u32, count: u32) -> FlatSums {
  var sums = add_held(FlatSums(Lane(0.0), Lane(0.0)), held_four(first, 0u), 0u, shift, place, count);
  if (HELD > 4u) { sums = add_held(sums, held_four(first, 4u), 4u, shift, place, count); }
  if (HELD > 8u) { sums = add_held(sums, held_four(first, 8u), 8u, shift, place, count); }
  if (HELD > 12u) { sums = add_held(sums, held_four(first, 12u), 12u, shift, place, count); }
  return sums;
}

// The values start..start+count of the tensor. The first lane, and four at the end, are masked: on a CPU a loop for what four leave would cost more. What lies past the end of the tensor does not count.
fn flat_sums(shift: f32, start: u32, count: u32) -> FlatSums {
  var i = start >> LANE_BITS;
  if (HELD > 0u) { return short_sums(i, shift, place_in_lane(start), count); }
  let head = within(load_lane(i) - shift, i * LANE - start, count);
  var sums = FlatSums(head, head * head);
  i += 1u;
  let end = (start + count) >> LANE_BITS;
  let last = i + ((max(end, i) - i) & ~3u);
  if (ONE_CHAIN) {
    sums = flat_chain(sums, shift, i, last);
  } else {
    for (; i < last; i += 4u * CHAIN) {
      let part = flat_chain(FlatSums(Lane(0.0), Lane(0.0)), shift, i, min(i + 4u * CHAIN, last));
      sums.first += part.first;
      sums.second += part.second;
    }
  }
  let e0 = within(load_lane(last) - shift, last * LANE - start, count);
  let e1 = within(load_lane(last + 1u) - shift, (last + 1u) * LANE - start, count);
  let e2 = within(load_lane(last + 2u) - shift, (last + 2u) * LANE - start, count);
  let e3 = within(load_lane(last + 3u) - shift, (last + 3u) * LANE - start, count);
  return add_four(sums, e0, e1, e2, e3);
}
