// Rows of many weights standardized in one dispatch: w = (v - mean) * rstd * gain for each row of the table.
struct Params {
  teams: u32,
  first: u32,
  order: u32,
  statistics_stride: u32,
  eps: f32,
  zero: u32,
  gain_scale: f32,
  table_offset: u32,
  v_offset: u32,
  gain_offset: u32,
  w_offset: u32,
  statistics_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> table: array<vec4u>;
@group(0) @binding(2) var<storage, read> v: array<Source>;
@group(0) @binding(3) var<storage, read> gain: array<f32>;
@group(0) @binding(4) var<storage, read_write> w: array<Result>;
@group(0) @binding(5) var<storage, read_write> statistics: array<f32>;

override WRITES_STATISTICS: bool = false;

fn load(row: Row, i: u32) -> Lane {
  let k = params.v_offset + place_of(row, i);
  return from_source(v[source_at(k)], k);
}

fn visit(row: Row, i: u32) -> Lane { return load(row, i); }
fn beside(row: Row, i: u32, e: Lane) -> Lane { return e; }

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let index = row_index(team, live);
  let row = packed_row(index, live);
  let shift = row_shift(row, row.length, inv);
  let sums = long_sums(row, shift, row.length, inv);
  let whole = team_sum(vec2f(lane_sum(sums.first), lane_sum(sums.second)), inv);
  let m = moments_of(shift, whole, reciprocal_length(row), params.eps, true);
  if (WRITES_STATISTICS && live && team_lane(inv) == 0u) { record(index, m); }
  let a = m.rstd * gain_of(row);
  for (var i = team_lane(inv); i < row.length; i += team_width(inv)) {
    w[params.w_offset + place_of(row, i)] = to_result((load(row, i) - m.shift) * a - a * m.delta);
  }
}

@compute @workgroup_size(WORKGROUP)
fn packed_standardize(inv: Invocation) {
  work_teams(inv);
}
