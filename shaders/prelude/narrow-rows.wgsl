// Narrow rows in registers with names: their lanes, each turned so that the first value of a row comes first, and their sums.
// Values of a row, and the lanes that they fill: 1 to 16. Every step is behind a condition on the lanes, so that no compiler sees those of longer rows.
override WIDTH: u32 = 4u;
override HELD: u32 = 1u;

struct Lanes {
  v0: Lane, v1: Lane, v2: Lane, v3: Lane, v4: Lane, v5: Lane, v6: Lane, v7: Lane,
  v8: Lane, v9: Lane, v10: Lane, v11: Lane, v12: Lane, v13: Lane, v14: Lane, v15: Lane,
}

var<private> held: Lanes;

// Four values of two neighbouring lanes, the first of them at `place` of the low one.
fn turned(low: Lane, high: Lane, place: u32) -> Lane {
  let a = vec4f(low);
  let b = vec4f(high);
  let by_two = (place & 2u) != 0u;
  let c = select(a, vec4f(a.zw, b.xy), by_two);
  let d = select(c, vec4f(c.yzw, select(b.x, b.z, by_two)), (place & 1u) != 0u);
  return lane_of(d.x, d.y, d.z, d.w);
}

struct NarrowSums { first: Lane, second: Lane }

fn add_narrow(sums: NarrowSums, v: Lane, k: u32, shift: f32) -> NarrowSums {
  var e = v - shift;
  if ((k + 1u) * LANE > WIDTH) { e = lane_below(e, Lane(0.0), k * LANE, WIDTH); }
  return NarrowSums(sums.first + e, sums.second + e * e);
}

// Sums of e = value - shift, and of its square.
fn narrow_sums(shift: f32) -> vec2f {
  var sums = add_narrow(NarrowSums(Lane(0.0), Lane(0.0)), held.v0, 0u, shift);
  if (HELD > 1u) { sums = add_narrow(sums, held.v1, 1u, shift); }
  if (HELD > 2u) { sums = add_narrow(sums, held.v2, 2u, shift); }
  if (HELD > 3u) { sums = add_narrow(sums, held.v3, 3u, shift); }
  if (HELD > 4u) { sums = add_narrow(sums, held.v4, 4u, shift); }
  if (HELD > 5u) { sums = add_narrow(sums, held.v5, 5u, shift); }
  if (HELD > 6u) { sums = add_narrow(sums, held.v6, 6u, shift); }
  if (HELD > 7u) { sums = add_narrow(sums, held.v7, 7u, shift); }
  if (HELD > 8u) { sums = add_narrow(sums, held.v8, 8u, shift); }
  if (HELD > 9u) { sums = add_narrow(sums, held.v9, 9u, shift); }
  if (HELD > 10u) { sums = add_narrow(sums, held.v10, 10u, shift); }
  if (HELD > 11u) { sums = add_narrow(sums, held.v11, 11u, shift); }
  if (HELD > 12u) { sums = add_narrow(sums, held.v12, 12u, shift); }
  if (HELD > 13u) { sums = add_narrow(sums, held.v13, 13u, shift); }
  if (HELD > 14u) { sums = add_narrow(sums, held.v14, 14u, shift); }
  if (HELD > 15u) { sums = add_narrow(sums, held.v15, 15u, shift); }
  return vec2f(lane_sum(sums.first), lane_sum(sums.second));
}

// gamma and beta of lane k. What lies past the end of a row belongs to no value.
fn gamma_lane(k: u32) -> Lane {
  let i = params.gamma_offset + k * LANE;
  return lane_of(lane_first(gamma_at(i)), lane_first(gamma_at(i + 1u)), lane_first(gamma_at(i + 2u)), lane_first(gamma_at(i + 3u)));
}

fn beta_lane(k: u32) -> Lane {
  let i = params.beta_offset + k * LANE;
  return lane_of(lane_first(beta_at(i)), lane_first(beta_at(i + 1u)), lane_first(beta_at(i + 2u)), lane_first(beta_at(i + 3u)));
}
