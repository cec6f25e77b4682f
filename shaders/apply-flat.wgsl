// y = activation((x - mean) * rstd * gamma + beta) where planes of an odd length follow each other: a team takes a span of lanes of the whole tensor, through as many
// planes as lie there, and the values of a lane may belong to two of them.
struct Params {
  teams: u32,
  span: u32,
  lanes: u32,
  plane_values: u32,
  segments: u32,
  kept: u32,
  repeats: u32,
  parameter_count: u32,
  parameter_stride: u32,
  statistics_stride: u32,
  gamma_scale: f32,
  gamma_shift: f32,
  x_offset: u32,
  gamma_offset: u32,
  beta_offset: u32,
  statistics_offset: u32,
  y_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> gamma: array<Parameter>;
@group(0) @binding(3) var<storage, read> beta: array<Parameter>;
@group(0) @binding(4) var<storage, read> statistics: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<Result>;

override SUBTRACTS_MEAN: bool = true;

// Which plane it is: ((outer * repeats + a) * kept + k) * segments + segment. Counted on from plane to plane: a CPU divides slowly.
struct Place {
  segment: u32,
  channel: u32,
  repeat: u32,
  statistics: u32,
  parameter: u32,
}

fn place_of(plane: u32) -> Place {
  let whole = plane / params.segments;
  let row = whole / params.kept;
  let outer = row / params.repeats;
  return Place(plane % params.segments, whole % params.kept, row % params.repeats, outer * params.kept, plane % params.parameter_count);
}

fn next_place(place: Place) -> Place {
  var next = place;
  next.segment += 1u;
  let ends_segments = next.segment == params.segments;
  next.segment = select(next.segment, 0u, ends_segments);
  next.channel += select(0u, 1u, ends_segments);
  let ends_kept = next.channel == params.kept;
  next.channel = select(next.channel, 0u, ends_kept);
  next.repeat += select(0u, 1u, ends_kept);
  let ends_repeats = next.repeat == params.repeats;
  next.repeat = select(next.repeat, 0u, ends_repeats);
  next.statistics += select(0u, params.kept, ends_repeats);
  next.parameter = select(next.parameter + 1u, 0u, next.parameter + 1u == params.parameter_count);
  return next;
}

// What a plane is normalized with: (x - shift) * factor + rest.
struct Line {
  shift: f32,
  factor: f32,
  rest: f32,
}

fn line_at(place: Place) -> Line {
  let statistic = params.statistics_offset + place.statistics + place.channel;
  var shift = 0.0;
  var delta = 0.0;
  if (SUBTRACTS_MEAN) {
    shift = statistics[statistic + 2u * params.statistics_stride];
    delta = statistics[statistic + 3u * params.statistics_stride];
  }
  let parameter = place.parameter * params.parameter_stride;
  let a = lane_first(gamma_at(params.gamma_offset + parameter)) * statistics[statistic + params.statistics_stride];
  return Line(shift, a, lane_first(beta_at(params.beta_offset + parameter)) - a * delta);
}

fn load(i: u32) -> Lane { return from_source(x[source_at(params.x_offset + i)], params.x_offset + i); }

fn normalized(h: Lane, line: Line) -> Lane { return (h - line.shift) * line.factor + line.rest; }

fn store(i: u32, v: Lane) { y[params.y_offset + i] = to_result(activate(v)); }

// Lanes that belong to one plane.
fn apply_lanes(line: Line, start: u32, end: u32) {
  var i = start;
  // Four loads before their use, and a fourth of the rounds: on a CPU the loop costs as much as what it does.
  for (; i + 3u < end; i += 4u) {
    let h0 = load(i);
    let h1 = load(i + 1u);
    let h2 = load(i + 2u);
    let h3 = load(i + 3u);
    store(i, normalized(h0, line));
    store(i + 1u, normalized(h1, line));
    store(i + 2u, normalized(h2, line));
    store(i + 3u, normalized(h3, line));
  }
  for (; i < end; i++) { store(i, normalized(load(i), line)); }
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

fn work(team: u32, inv: Invocation) {
  if (team >= params.teams) { return; }
  var i = team * params.span;
  let end = min(i + params.span, params.lanes);
  let plane = i * LANE / params.plane_values;
  var plane_end = (plane + 1u) * params.plane_values;
  var place = place_of(plane);
  var line = line_at(place);
  while (i < end) {
    let whole = min(plane_end / LANE, end);
    apply_lanes(line, i, whole);
    i = whole;
    if (i >= end) { break; }
    place = next_place(place);
    let next = line_at(place);
    if (plane_end % LANE != 0u) {
      let h = load(i);
      store(i, joined(i, plane_end, normalized(h, line), normalized(h, next)));
      i++;
    }
    plane_end += params.plane_values;
    line = next;
  }
}

@compute @workgroup_size(WORKGROUP)
fn apply_flat(inv: Invocation) {
  work_teams(inv);
}
