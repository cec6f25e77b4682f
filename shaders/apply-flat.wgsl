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

// A plane's statistic and its parameters are found by its channel alone.
override BY_KEPT: bool = false;

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
  if (BY_KEPT) {
    next.channel = select(place.channel + 1u, 0u, place.channel + 1u == params.kept);
    return next;
  }
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

fn line_at(place: Place) -> Line {
  let statistic = params.statistics_offset + place.statistics + place.channel;
  var shift = 0.0;
  var delta = 0.0;
  if (SUBTRACTS_MEAN) {
    shift = statistics[statistic + 2u * params.statistics_stride];
    delta = statistics[statistic + 3u * params.statistics_stride];
  }
  let parameter = select(place.parameter, place.channel, BY_KEPT) * params.parameter_stride;
  let a = lane_first(gamma_at(params.gamma_offset + parameter)) * statistics[statistic + params.statistics_stride];
  return Line(shift, a, lane_first(beta_at(params.beta_offset + parameter)) - a * delta);
}

fn work(team: u32, inv: Invocation) {
  // Arrays are never empty: a compiler that sees their lengths here counts each of them once, not at every access.
  if ((team >= params.teams) | (arrayLength(&x) == 0u) | (arrayLength(&y) == 0u) | (arrayLength(&statistics) == 0u)) { return; }
  let first = team * params.span;
  let end = min(first + params.span, params.lanes);
  let plane = (first << LANE_BITS) / params.plane_values;
  var place = place_of(plane);
  var before = Line(0.0, 0.0, 0.0);
  for (var start = plane * params.plane_values; start < (end << LANE_BITS); start += params.plane_values) {
    let line = line_at(place);
    if (HELD > 0u) {
      apply_short(start >> LANE_BITS, place_in_lane(start), before, line);
    } else {
      apply_plane(start, before, line, first, end);
    }
    before = line;
    place = next_place(place);
  }
}

@compute @workgroup_size(WORKGROUP)
fn apply_flat(inv: Invocation) {
  work_teams(inv);
}
