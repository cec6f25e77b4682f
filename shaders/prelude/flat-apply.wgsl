// Planes that end anywhere in a lane, as lanes of the whole tensor: what the kernels that normalize them share. The values of a lane may belong to two planes.
override SUBTRACTS_MEAN: bool = true;

// What a plane is normalized with: (x - shift) * factor + rest.
struct Line {
  shift: f32,
  factor: f32,
  rest: f32,
}

fn normalized(h: Lane, line: Line) -> Lane { return (h - line.shift) * line.factor + line.rest; }

fn store(i: u32, v: Lane) { y[params.y_offset + i] = to_result(activate(v)); }

fn apply_four(line: Line, i: u32) {
  let h0 = load_lane(i);
  let h1 = load_lane(i + 1u);
  let h2 = load_lane(i + 2u);
  let h3 = load_lane(i + 3u);
  store(i, normalized(h0, line));
  store(i + 1u, normalized(h1, line));
  store(i + 2u, normalized(h2, line));
  store(i + 3u, normalized(h3, line));
}

// Lanes that belong to one plane: four loads before their use, and a fourth of the rounds, because on a CPU the loop costs as much as what it does. The last round takes lanes
// again that the one before it wrote: a second loop for what is left would cost more.
fn apply_lanes(line: Line, start: u32, end: u32) {
  if (end >= start + 4u) {
    for (var i = start; i < end; i += 4u) { apply_four(line, min(i, end - 4u)); }
    return;
  }
  for (var i = start; i < end; i++) { store(i, normalized(load_lane(i), line)); }
}

// The lane in which one plane ends, and the next begins with value `border` of the tensor.
fn apply_seam(border: u32, own: Line, next: Line) {
  let i = border >> LANE_BITS;
  let h = load_lane(i);
  store(i, lane_below(normalized(h, own), normalized(h, next), i * LANE, border));
}

// What lies in lanes first..end of a plane from value `start` of the tensor on, and the lane that it shares with the plane before it.
fn apply_plane(start: u32, before: Line, line: Line, first: u32, end: u32) {
  if ((start & (LANE - 1u)) != 0u && start > first * LANE) { apply_seam(start, before, line); }
  apply_lanes(line, max((start + LANE - 1u) >> LANE_BITS, first), min((start + params.plane_values) >> LANE_BITS, end));
}

// Lane k of a plane that is held, whose first lane is `first`.
fn apply_held_lane(h: Lane, k: u32, first: u32, place: u32, before: Line, line: Line) {
  if (k >= HELD) { return; }
  var v = normalized(h, line);
  if (SEAMS && k == 0u) { v = lane_below(normalized(h, before), v, 0u, place); }
  // A last lane may be wholly the next plane's.
  if (!SEAMS || k + 1u < HELD || k * LANE < place + params.plane_values) { store(first + k, v); }
}

fn apply_held_four(four: HeldFour, k: u32, first: u32, place: u32, before: Line, line: Line) {
  apply_held_lane(four.h0, k, first, place, before, line);
  apply_held_lane(four.h1, k + 1u, first, place, before, line);
  apply_held_lane(four.h2, k + 2u, first, place, before, line);
  apply_held_lane(four.h3, k + 3u, first, place, before, line);
}

// A plane that is held, with the lane that it shares with the plane before it. What it writes into a lane that it shares with the next, that one writes again.
fn apply_held(held: Held, first: u32, place: u32, before: Line, line: Line) {
  apply_held_four(held.a, 0u, first, place, before, line);
  if (HELD > 4u) { apply_held_four(held.b, 4u, first, place, before, line); }
  if (HELD > 8u) { apply_held_four(held.c, 8u, first, place, before, line); }
  if (HELD > 12u) { apply_held_four(held.d, 12u, first, place, before, line); }
}

// The same of a plane whose line is known: a CPU's registers hold four lanes.
fn apply_short(first: u32, place: u32, before: Line, line: Line) {
  apply_held_four(held_four(first, 0u), 0u, first, place, before, line);
  if (HELD > 4u) { apply_held_four(held_four(first, 4u), 4u, first, place, before, line); }
  if (HELD > 8u) { apply_held_four(held_four(first, 8u), 8u, first, place, before, line); }
  if (HELD > 12u) { apply_held_four(held_four(first, 12u), 12u, first, place, before, line); }
}
