// Sums over a row that is too long to be held. The kernel says what its rows are: the struct `Row`, `load(row, i)`, `visit(row, i)` (a load that happens once
// a lane) and `beside(row, i, e)`, what e = value - shift is multiplied by in the second sum.
// A value near the mean that no outlier can move: the median of three, and the mean distance of values spread over the row.
fn row_shift(row: Row, total: u32, inv: Invocation) -> f32 {
  let last = max(total, 1u) - 1u;
  let start = median(lane_first(load(row, 0u)), lane_first(load(row, total / 2u)), lane_last(load(row, last)));
  // An eighth of a short row is enough.
  let count = max(probes_of(total, min(ROW_PROBES, total / 8u)) / team_width(inv), 1u);
  let step = max(total / (count * team_width(inv)), 1u);
  var distance = vec2f(0.0);
  for (var k = 0u; k < count; k++) {
    let i = (k * team_width(inv) + team_lane(inv)) * step;
    if (i < total) { distance += vec2f(lane_sum(load(row, i) - start), f32(LANE)); }
  }
  let whole = team_sum(distance, inv);
  return opaque(start + whole.x / whole.y, params.zero);
}

// Sums of e = value - shift and of e * beside.
struct Sums {
  first: Lane,
  second: Lane,
}

// Lanes a step, added as a tree before they join the chain: 1, 4 or 16. A CPU counts its loop once a step.
override STEP: u32 = 1u;

fn add(a: Sums, b: Sums) -> Sums { return Sums(a.first + b.first, a.second + b.second); }

// What lane i adds to both sums.
fn term(row: Row, shift: f32, i: u32) -> Sums {
  let e = visit(row, i) - shift;
  return Sums(e, e * beside(row, i, e));
}

fn four_terms(row: Row, shift: f32, i: u32, w: u32) -> Sums {
  let low = add(term(row, shift, i), term(row, shift, i + w));
  return add(low, add(term(row, shift, i + 2u * w), term(row, shift, i + 3u * w)));
}

fn sixteen_terms(row: Row, shift: f32, i: u32, w: u32) -> Sums {
  let low = add(four_terms(row, shift, i, w), four_terms(row, shift, i + 4u * w, w));
  return add(low, add(four_terms(row, shift, i + 8u * w, w), four_terms(row, shift, i + 12u * w, w)));
}

// One chain of adds: lanes begin..end of the row that are this invocation's.
fn chain_sums(row: Row, shift: f32, begin: u32, end: u32, inv: Invocation) -> Sums {
  let w = team_width(inv);
  var sums = Sums(Lane(0.0), Lane(0.0));
  var i = begin + team_lane(inv);
  if (STEP == 16u) {
    for (; i + 15u * w < end; i += 16u * w) { sums = add(sums, sixteen_terms(row, shift, i, w)); }
  }
  if (STEP >= 4u) {
    for (; i + 3u * w < end; i += 4u * w) { sums = add(sums, four_terms(row, shift, i, w)); }
  }
  for (; i < end; i += w) { sums = add(sums, term(row, shift, i)); }
  return sums;
}

// Chains of 32 steps, summed by 32, then all.
fn long_sums(row: Row, shift: f32, total: u32, inv: Invocation) -> Sums {
  let part = STEP * CHAIN * team_width(inv);
  var sums = Sums(Lane(0.0), Lane(0.0));
  for (var outer = 0u; outer < total; outer += CHAIN * part) {
    var middle = Sums(Lane(0.0), Lane(0.0));
    let outer_end = min(outer + CHAIN * part, total);
    for (var inner = outer; inner < outer_end; inner += part) {
      middle = add(middle, chain_sums(row, shift, inner, min(inner + part, outer_end), inv));
    }
    sums = add(sums, middle);
  }
  return sums;
}
