// Partial moments of slices of runs: a team sums one slice of one statistic's planes and writes (n, shift, sum of e, sum of e^2), e = x - shift.
struct Params {
  residual_bias_view: ParameterView,
  teams: u32,
  together: u32,
  slices: u32,
  item_slices: u32,
  planes_per_slice: u32,
  items_per_slice: u32,
  repeats: u32,
  kept: u32,
  segments: u32,
  items: u32,
  zero: u32,
  x_offset: u32,
  residual_offset: u32,
  residual_bias_offset: u32,
  sum_offset: u32,
  partials_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> residual: array<Source>;
@group(0) @binding(3) var<storage, read> residual_bias: array<Parameter>;
@group(0) @binding(4) var<storage, read_write> sum: array<Result>;
@group(0) @binding(5) var<storage, read_write> partials: array<vec4f>;

override CENTERED: bool = true;
override HAS_RESIDUAL: bool = false;
override HAS_RESIDUAL_BIAS: bool = false;
override WRITES_SUM: bool = false;
// Planes and slices are counted in values and need not start with a lane: lanes are those of the whole tensor, and of the first and last only the plane's values count.
override RAGGED: bool = false;

// A statistic's planes first..first+planes, and of each the items from..from+items.
struct Slice {
  outer: u32,
  kept: u32,
  first: u32,
  planes: u32,
  start: u32,
  items: u32,
}

fn plane_of(slice: Slice, u: u32) -> u32 {
  if (!SEGMENTED) { return (slice.outer * params.repeats + u) * params.kept + slice.kept; }
  let a = u / params.segments;
  return ((slice.outer * params.repeats + a) * params.kept + slice.kept) * params.segments + (u - a * params.segments);
}

// Where a plane starts in each tensor. Kept in locals: a CPU would load a uniform again for every value.
struct Plane {
  x: u32,
  residual: u32,
  residual_bias: u32,
  sum: u32,
}

fn plane_at(plane: u32) -> Plane {
  let base = select(plane * params.items, 0u, RAGGED);
  var bias = 0u;
  if (HAS_RESIDUAL_BIAS) { bias = params.residual_bias_offset + parameter_base(params.residual_bias_view, plane); }
  return Plane(params.x_offset + base, params.residual_offset + base, bias, params.sum_offset + base);
}

fn load(plane: Plane, j: u32) -> Lane {
  var h = from_source(x[source_at(plane.x + j)], plane.x + j);
  if (HAS_RESIDUAL) { h += from_source(residual[source_at(plane.residual + j)], plane.residual + j); }
  if (HAS_RESIDUAL_BIAS) { h += Lane(residual_bias[plane.residual_bias + j * params.residual_bias_view.item]); }
  return h;
}

// Lane j of plane u of the slice.
fn load_at(slice: Slice, u: u32, j: u32) -> Lane {
  let plane = plane_of(slice, slice.first + u);
  if (RAGGED) {
    let begin = plane * params.items + slice.start;
    if (!SEAMS || HELD != 2u) { return load(plane_at(plane), (begin + LANE - 1u) / LANE + j); }
    // Planes of five or six values: not in each of them is a lane of its own. The last value of the first stands for those of the plane before.
    let h = load(plane_at(plane), begin / LANE);
    return lane_below(Lane(lane_last(h)), h, 0u, place_in_lane(begin));
  }
  return load(plane_at(plane), slice.start + j);
}

fn slice_shift(slice: Slice, inv: Invocation) -> f32 {
  let planes = max(slice.planes, 1u);
  let items = slice.items;
  let total = slice.planes * items;
  let middle = load_at(slice, planes / 2u, select(0u, items / 2u, planes % 2u == 1u));
  let start = median(lane_first(load_at(slice, 0u, 0u)), lane_first(middle), lane_last(load_at(slice, planes - 1u, items - 1u)));
  // An eighth of a short slice is enough.
  let count = max(probes_of(total, min(ROW_PROBES, total / 8u)) / team_width(inv), 1u);
  let step = max(total / (count * team_width(inv)), 1u);
  // Counted on through the planes: a CPU divides slowly.
  var u = team_lane(inv) * step / items;
  var j = team_lane(inv) * step - u * items;
  let more = team_width(inv) * step;
  let more_planes = more / items;
  let more_items = more - more_planes * items;
  var distance = vec2f(0.0);
  for (var k = 0u; k < count; k++) {
    if (u < slice.planes) { distance += vec2f(lane_sum(load_at(slice, u, j) - start), f32(LANE)); }
    u += more_planes;
    j += more_items;
    if (j >= items) {
      j -= items;
      u += 1u;
    }
  }
  let whole = team_sum(distance, inv);
  return opaque(start + whole.x / whole.y, params.zero);
}

// Reads a value that is to be summed, and writes it where x has something added.
fn visit(plane: Plane, j: u32) -> Lane {
  let h = load(plane, j);
  if (WRITES_SUM) { sum[plane.sum + j] = to_result(h); }
  return h;
}

struct PlaneSums {
  first: Lane,
  second: Lane,
}

// One chain of adds, each of four values: items begin..end of a plane that are this invocation's.
fn plane_chain(plane: Plane, shift: f32, begin: u32, end: u32, inv: Invocation) -> PlaneSums {
  let width = team_width(inv);
  var e1 = Lane(0.0);
  var e2 = Lane(0.0);
  var j = begin + team_lane(inv);
  // Four loads before their use, and a fourth of the rounds: on a CPU the loop costs as much as what it does.
  for (; j + 3u * width < end; j += 4u * width) {
    let h0 = visit(plane, j) - shift;
    let h1 = visit(plane, j + width) - shift;
    let h2 = visit(plane, j + 2u * width) - shift;
    let h3 = visit(plane, j + 3u * width) - shift;
    e1 += (h0 + h1) + (h2 + h3);
    e2 += (h0 * h0 + h1 * h1) + (h2 * h2 + h3 * h3);
  }
  for (; j < end; j += width) {
    let h = visit(plane, j) - shift;
    e1 += h;
    e2 += h * h;
  }
  return PlaneSums(e1, e2);
}

fn sum_slice(statistic: u32, t: u32, live: bool, inv: Invocation) {
  let first = t / params.item_slices * params.planes_per_slice;
  let start = t % params.item_slices * params.items_per_slice;
  let planes = select(0u, min(params.planes_per_slice, params.repeats * params.segments - first), live);
  let items = min(params.items_per_slice, params.items - start);
  let slice = Slice(statistic / params.kept, statistic % params.kept, first, planes, start, select(items, max((items - LANE + 1u) / LANE, 1u), RAGGED));
  var shift = 0.0;
  if (CENTERED) { shift = slice_shift(slice, inv); }
  var first_sum = Lane(0.0);
  var second_sum = Lane(0.0);
  for (var u = first; u < first + planes; u++) {
    let index = plane_of(slice, u);
    let plane = plane_at(index);
    if (RAGGED) {
      let own = flat_sums(shift, index * params.items + start, items);
      first_sum += own.first;
      second_sum += own.second;
      continue;
    }
    let end = start + items;
    for (var part = start; part < end; part += 4u * CHAIN * team_width(inv)) {
      let chain = plane_chain(plane, shift, part, min(part + 4u * CHAIN * team_width(inv), end), inv);
      first_sum += chain.first;
      second_sum += chain.second;
    }
  }
  let sums = team_sum(vec2f(lane_sum(first_sum), lane_sum(second_sum)), inv);
  if (live && team_lane(inv) == 0u) {
    partials[params.partials_offset + statistic * params.slices + t] = vec4f(f32(planes * items * select(LANE, 1u, RAGGED)), shift, sums);
  }
}

fn work(team: u32, inv: Invocation) {
  // An array is never empty: a compiler that sees its length here counts it once, not at every access.
  let live = (team < params.teams) & (arrayLength(&x) > 0u);
  let own = select(0u, team / params.slices, live);
  let t = select(0u, team % params.slices, live);
  if (!RAGGED) {
    sum_slice(own, t, live, inv);
    return;
  }
  // As many statistics as end with a lane: neighbouring teams, which a CPU walks at once, are then at the same place of a lane.
  for (var k = 0u; k < params.together; k++) { sum_slice(own * params.together + k, t, live, inv); }
}

@compute @workgroup_size(WORKGROUP)
fn run_moments(inv: Invocation) {
  work_teams(inv);
}
