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

// Lane i where it lies before value `border` of the tensor: `own`; from there on: `other`.
fn joined(i: u32, border: u32, own: Lane, other: Lane) -> Lane {
  let v = i * LANE;
  return lane_of(
    select(lane_value(other, 0u), lane_value(own, 0u), v < border),
    select(lane_value(other, 1u), lane_value(own, 1u), v + 1u < border),
    select(lane_value(other, 2u), lane_value(own, 2u), v + 2u < border),
    select(lane_value(other, 3u), lane_value(own, 3u), v + 3u < border),
  );
}

// The lane in which one plane ends, and the next begins with value `border` of the tensor.
fn apply_seam(border: u32, own: Line, next: Line) {
  let i = border / LANE;
  let h = load_lane(i);
  store(i, joined(i, border, normalized(h, own), normalized(h, next)));
}

// What lies in lanes first..end of a plane from value `start` of the tensor on, and the lane that it shares with the plane before it.
fn apply_plane(start: u32, before: Line, line: Line, first: u32, end: u32) {
  if (start % LANE != 0u && start > first * LANE) { apply_seam(start, before, line); }
  apply_lanes(line, max((start + LANE - 1u) / LANE, first), min((start + params.plane_values) / LANE, end));
}
