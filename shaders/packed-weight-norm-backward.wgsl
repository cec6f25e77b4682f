// Gradients of many weights by their norms in one dispatch. With h = v / norm, for each row of the table: dg = sum(dw * h), dv = g / norm * (dw - h * dg).
struct Params {
  teams: u32,
  first: u32,
  order: u32,
  zero: u32,
  table_offset: u32,
  v_offset: u32,
  dw_offset: u32,
  norm_offset: u32,
  g_offset: u32,
  dv_offset: u32,
  dg_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> table: array<vec4u>;
@group(0) @binding(2) var<storage, read> v: array<Source>;
@group(0) @binding(3) var<storage, read> dw: array<Source>;
@group(0) @binding(4) var<storage, read> norm: array<f32>;
@group(0) @binding(5) var<storage, read> g: array<f32>;
@group(0) @binding(6) var<storage, read_write> dv: array<Result>;
@group(0) @binding(7) var<storage, read_write> dg: array<f32>;

override HAS_G: bool = false;
// dv and dg are added to what stands there.
override ACCUMULATES: bool = false;

fn load(row: Row, i: u32) -> Lane {
  let k = params.dw_offset + place_of(row, i);
  return from_source(dw[source_at(k)], k);
}

fn visit(row: Row, i: u32) -> Lane { return load(row, i); }

// h; known = the two factors of 1 / norm.
fn beside(row: Row, i: u32, e: Lane) -> Lane {
  let k = params.v_offset + place_of(row, i);
  return from_source(v[source_at(k)], k) * row.known.x * row.known.y;
}

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let index = row_index(team, live);
  var row = packed_row(index, live);
  let divisor = divisor_of(norm[params.norm_offset + index], 0.0);
  row.known = vec3f(divisor, 0.0);
  let sums = long_sums(row, 0.0, row.length, inv);
  let product = team_sum(vec2f(lane_sum(sums.second), 0.0), inv).x;
  var factor = divisor.y;
  if (HAS_G) {
    factor *= g[params.g_offset + row.parameter];
    if (live && team_lane(inv) == 0u) {
      let place = params.dg_offset + row.parameter;
      dg[place] = select(product, dg[place] + product, ACCUMULATES);
    }
  }
  for (var i = team_lane(inv); i < row.length; i += team_width(inv)) {
    // The first product is of dw's size, so it comes first.
    var d = (load(row, i) - beside(row, i, Lane(0.0)) * product) * factor * divisor.x;
    let k = params.dv_offset + place_of(row, i);
    if (ACCUMULATES) { d += from_result(dv[k]); }
    dv[k] = to_result(d);
  }
}

@compute @workgroup_size(WORKGROUP)
fn packed_weight_norm_backward(inv: Invocation) {
  work_teams(inv);
}
