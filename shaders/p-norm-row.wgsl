// Rows divided by their p-norm in one dispatch: y = g * x / max(norm, eps), norm = (sum of |x|^p)^(1/p) over the row, g a number for each row.
// The first HELD lanes of an invocation stay in registers; what lies behind them is read three times.
struct Params {
  power: Exponent,
  root: Exponent,
  teams: u32,
  items: u32,
  eps: f32,
  x_offset: u32,
  g_offset: u32,
  y_offset: u32,
  norm_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<Result>;
@group(0) @binding(4) var<storage, read_write> norm: array<f32>;

override HELD: u32 = 0u;
override HAS_G: bool = false;
override WRITES_NORM: bool = false;

struct Row {
  x: u32,
  y: u32,
  total: u32,
}

fn load(row: Row, i: u32) -> Lane {
  return from_source(x[source_at(row.x + i)], row.x + i);
}

// Lanes past the end count as 0.
fn hold(row: Row, i: u32) -> Lane {
  if (i >= row.total) { return Lane(0.0); }
  return load(row, i);
}

fn terms(h: Lane, unit: vec2f) -> Lane {
  return terms_of(h, Lane(unit.x), Lane(unit.y), params.power);
}

// Chains of 32 adds, summed by 32, then all: lanes from `first` on.
fn streamed_terms(row: Row, first: u32, unit: vec2f, inv: Invocation) -> Lane {
  let part = CHAIN * team_width(inv);
  var sum = Lane(0.0);
  for (var outer = first; outer < row.total; outer += CHAIN * part) {
    var middle = Lane(0.0);
    let outer_end = min(outer + CHAIN * part, row.total);
    for (var begin = outer; begin < outer_end; begin += part) {
      var chain = Lane(0.0);
      for (var i = begin + team_lane(inv); i < min(begin + part, outer_end); i += team_width(inv)) { chain += terms(load(row, i), unit); }
      middle += chain;
    }
    sum += middle;
  }
  return sum;
}

fn divide(row: Row, i: u32, h: Lane, scale: f32, factor: f32) {
  if (i >= row.total) { return; }
  y[row.y + i] = to_result(h * scale * factor);
}

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let index = select(0u, team, live);
  let base = index * params.items;
  let row = Row(params.x_offset + base, params.y_offset + base, select(0u, params.items, live));
  let w = team_width(inv);
  let i = team_lane(inv);
  var h0: Lane; var h1: Lane; var h2: Lane; var h3: Lane; var h4: Lane; var h5: Lane; var h6: Lane; var h7: Lane;
  if (HELD > 0u) { h0 = hold(row, i); }
  if (HELD > 1u) { h1 = hold(row, i + w); }
  if (HELD > 2u) { h2 = hold(row, i + 2u * w); }
  if (HELD > 3u) { h3 = hold(row, i + 3u * w); }
  if (HELD > 4u) { h4 = hold(row, i + 4u * w); }
  if (HELD > 5u) { h5 = hold(row, i + 5u * w); }
  if (HELD > 6u) { h6 = hold(row, i + 6u * w); }
  if (HELD > 7u) { h7 = hold(row, i + 7u * w); }

  var far = abs(h0);
  if (HELD > 1u) { far = max(far, abs(h1)); }
  if (HELD > 2u) { far = max(far, abs(h2)); }
  if (HELD > 3u) { far = max(far, abs(h3)); }
  if (HELD > 4u) { far = max(far, abs(h4)); }
  if (HELD > 5u) { far = max(far, abs(h5)); }
  if (HELD > 6u) { far = max(far, abs(h6)); }
  if (HELD > 7u) { far = max(far, abs(h7)); }
  for (var k = i + HELD * w; k < row.total; k += w) { far = max(far, abs(load(row, k))); }
  let largest = team_max(lane_max(far), inv);

  let unit = unit_of(largest);
  var sum = Lane(0.0);
  if (HELD > 0u) { sum = terms(h0, unit); }
  if (HELD > 1u) { sum += terms(h1, unit); }
  if (HELD > 2u) { sum += terms(h2, unit); }
  if (HELD > 3u) { sum += terms(h3, unit); }
  if (HELD > 4u) { sum += terms(h4, unit); }
  if (HELD > 5u) { sum += terms(h5, unit); }
  if (HELD > 6u) { sum += terms(h6, unit); }
  if (HELD > 7u) { sum += terms(h7, unit); }
  sum += streamed_terms(row, HELD * w, unit, inv);
  let own = norm_of(team_sum(vec2f(lane_sum(sum), 0.0), inv).x, largest, params.root);
  if (WRITES_NORM && live && i == 0u) { norm[params.norm_offset + index] = own; }

  let divisor = divisor_of(own, params.eps);
  var factor = divisor.y;
  if (HAS_G) { factor *= g[params.g_offset + index]; }
  if (HELD > 0u) { divide(row, i, h0, divisor.x, factor); }
  if (HELD > 1u) { divide(row, i + w, h1, divisor.x, factor); }
  if (HELD > 2u) { divide(row, i + 2u * w, h2, divisor.x, factor); }
  if (HELD > 3u) { divide(row, i + 3u * w, h3, divisor.x, factor); }
  if (HELD > 4u) { divide(row, i + 4u * w, h4, divisor.x, factor); }
  if (HELD > 5u) { divide(row, i + 5u * w, h5, divisor.x, factor); }
  if (HELD > 6u) { divide(row, i + 6u * w, h6, divisor.x, factor); }
  if (HELD > 7u) { divide(row, i + 7u * w, h7, divisor.x, factor); }
  for (var k = i + HELD * w; k < row.total; k += w) { divide(row, k, load(row, k), divisor.x, factor); }
}

@compute @workgroup_size(WORKGROUP)
fn p_norm_row(inv: Invocation) {
  work_teams(inv);
}
