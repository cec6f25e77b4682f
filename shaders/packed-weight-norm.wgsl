// Rows of many weights brought to the length g in one dispatch: w = g * v / norm, norm = sqrt(sum of v^2), for each row of the table.
struct Params {
  teams: u32,
  first: u32,
  order: u32,
  zero: u32,
  table_offset: u32,
  v_offset: u32,
  g_offset: u32,
  w_offset: u32,
  norm_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> table: array<vec4u>;
@group(0) @binding(2) var<storage, read> v: array<Source>;
@group(0) @binding(3) var<storage, read> g: array<f32>;
@group(0) @binding(4) var<storage, read_write> w: array<Result>;
@group(0) @binding(5) var<storage, read_write> norm: array<f32>;

override HAS_G: bool = false;
override WRITES_NORM: bool = false;

// A value times known.x, a power of two.
fn load(row: Row, i: u32) -> Lane {
  let k = params.v_offset + place_of(row, i);
  return from_source(v[source_at(k)], k) * row.known.x;
}

fn visit(row: Row, i: u32) -> Lane { return load(row, i); }
fn beside(row: Row, i: u32, e: Lane) -> Lane { return e; }

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let index = row_index(team, live);
  var row = packed_row(index, live);
  row.known.x = 1.0;
  var far = Lane(0.0);
  for (var i = team_lane(inv); i < row.length; i += team_width(inv)) { far = max(far, abs(load(row, i))); }
  let largest = team_max(lane_max(far), inv);

  row.known.x = scale_of(largest);
  let sums = long_sums(row, 0.0, row.length, inv);
  let own = norm_of(team_sum(vec2f(lane_sum(sums.second), 0.0), inv).x, largest, Exponent(0.5, 0.0));
  if (WRITES_NORM && live && team_lane(inv) == 0u) { norm[params.norm_offset + index] = own; }

  let divisor = divisor_of(own, 0.0);
  row.known.x = divisor.x;
  var factor = divisor.y;
  if (HAS_G) { factor *= g[params.g_offset + row.parameter]; }
  for (var i = team_lane(inv); i < row.length; i += team_width(inv)) { w[params.w_offset + place_of(row, i)] = to_result(load(row, i) * factor); }
}

@compute @workgroup_size(WORKGROUP)
fn packed_weight_norm(inv: Invocation) {
  work_teams(inv);
}
