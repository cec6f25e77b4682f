// Gradients of many standardized weights in one dispatch. With vhat = (v - mean) * rstd, for each row of the table:
// dv = gain * rstd * (dw - mean(dw) - vhat * sum(dw * vhat) / (n - correction) * pull), dgain = gain_scale * sum(dw * vhat);
// pull is 1, or (std + eps) / std where eps is outside.
struct Params {
  teams: u32,
  first: u32,
  order: u32,
  statistics_stride: u32,
  zero: u32,
  gain_scale: f32,
  table_offset: u32,
  v_offset: u32,
  dw_offset: u32,
  statistics_offset: u32,
  gain_offset: u32,
  dv_offset: u32,
  dgain_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> table: array<vec4u>;
@group(0) @binding(2) var<storage, read> v: array<Source>;
@group(0) @binding(3) var<storage, read> dw: array<Source>;
@group(0) @binding(4) var<storage, read> statistics: array<f32>;
@group(0) @binding(5) var<storage, read> gain: array<f32>;
@group(0) @binding(6) var<storage, read_write> dv: array<Result>;
@group(0) @binding(7) var<storage, read_write> dgain: array<f32>;

// dv and dgain are added to what stands there.
override ACCUMULATES: bool = false;

fn load(row: Row, i: u32) -> Lane {
  let k = params.dw_offset + place_of(row, i);
  return from_source(dw[source_at(k)], k);
}

fn visit(row: Row, i: u32) -> Lane { return load(row, i); }

// vhat; known = (shift, delta * rstd, rstd).
fn beside(row: Row, i: u32, e: Lane) -> Lane {
  let k = params.v_offset + place_of(row, i);
  return (from_source(v[source_at(k)], k) - row.known.x) * row.known.z - row.known.y;
}

// sum(dw * vhat) / (n - correction) * pull
fn along_of(product: f32, reciprocal: f32, rstd: f32, variance: f32) -> f32 {
  var along = product * reciprocal;
  if (UNBIASED) { along /= 1.0 - reciprocal; }
  if (!EPS_OUTSIDE) { return along; }
  let corrected = corrected_variance(variance, reciprocal);
  let deviation = corrected * reciprocal_root(corrected) * rstd;
  return select(along / deviation, 0.0, deviation <= 0.0);
}

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let index = row_index(team, live);
  var row = packed_row(index, live);
  let at = params.statistics_offset + index;
  let rstd = statistics[at + params.statistics_stride];
  row.known = vec3f(statistics[at + 2u * params.statistics_stride], statistics[at + 3u * params.statistics_stride] * rstd, rstd);
  let variance = statistics[at + 4u * params.statistics_stride];

  // vhat sums to 0, so that a shift of dw adds nothing to its product with vhat.
  let shift = row_shift(row, row.length, inv);
  let sums = long_sums(row, shift, row.length, inv);
  let whole = team_sum(vec2f(lane_sum(sums.first), lane_sum(sums.second)), inv);
  if (HAS_GAIN && live && team_lane(inv) == 0u) {
    let place = params.dgain_offset + row.parameter;
    let own = whole.y * gain_scale_of(row);
    dgain[place] = select(own, dgain[place] + own, ACCUMULATES);
  }

  let reciprocal = reciprocal_length(row);
  let along = along_of(whole.y, reciprocal, rstd, variance);
  let mean = whole.x * reciprocal;
  let a = rstd * gain_of(row);
  for (var i = team_lane(inv); i < row.length; i += team_width(inv)) {
    // Products in between, so that (dw - shift) - mean is never dw - (shift + mean).
    var d = (load(row, i) - shift) * a - a * (mean + beside(row, i, Lane(0.0)) * along);
    let k = params.dv_offset + place_of(row, i);
    if (ACCUMULATES) { d += from_result(dv[k]); }
    dv[k] = to_result(d);
  }
}

@compute @workgroup_size(WORKGROUP)
fn packed_standardize_backward(inv: Invocation) {
  work_teams(inv);
}
