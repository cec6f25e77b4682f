// Planes that end anywhere in a lane, as lanes of the whole tensor: their sums.
// A plane is no longer than one chain of adds.
override ONE_CHAIN: bool = false;

fn load_lane(i: u32) -> Lane { return from_source(x[source_at(params.x_offset + i)], params.x_offset + i); }

// Of e, whose first value is at `place` in a plane of `count` values, those that lie in it; 0 for the others. Places before the first wrap around.
fn within(e: Lane, place: u32, count: u32) -> Lane {
  return lane_of(
    select(0.0, lane_value(e, 0u), place < count),
    select(0.0, lane_value(e, 1u), place + 1u < count),
    select(0.0, lane_value(e, 2u), place + 2u < count),
    select(0.0, lane_value(e, 3u), place + 3u < count),
  );
}

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

// The values start..start+count of the tensor. The first lane, and four at the end, are masked: on a CPU a loop for what four leave would cost more. What lies past the end of the tensor does not count.
fn flat_sums(shift: f32, start: u32, count: u32) -> FlatSums {
  var i = start / LANE;
  let head = within(load_lane(i) - shift, i * LANE - start, count);
  var sums = FlatSums(head, head * head);
  i += 1u;
  let end = (start + count) / LANE;
  let last = i + (max(end, i) - i) / 4u * 4u;
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
