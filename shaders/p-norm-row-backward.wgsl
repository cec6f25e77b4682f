// Gradients of rows that were divided by their p-norm, in one dispatch. With h = x / norm and dot = sum of dy * h over the row:
// dx = g / max(norm, eps) * (dy - dot * sign(h) |h|^(p - 1)), dg = dot; where eps is the divisor, it is a constant and dx = g / eps * dy.
// The first HELD lanes of an invocation stay in registers; what lies behind them is read twice.
struct Params {
  slope: Exponent,
  teams: u32,
  items: u32,
  eps: f32,
  x_offset: u32,
  dy_offset: u32,
  g_offset: u32,
  norm_offset: u32,
  dx_offset: u32,
  dg_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> dy: array<Source>;
@group(0) @binding(3) var<storage, read> g: array<f32>;
@group(0) @binding(4) var<storage, read> norm: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<Result>;
@group(0) @binding(6) var<storage, read_write> dg: array<f32>;

override HELD: u32 = 0u;
override HAS_G: bool = false;
// dx and dg are added to what stands there.
override ACCUMULATES: bool = false;

struct Row {
  x: u32,
  dy: u32,
  dx: u32,
  total: u32,
  divisor: vec2f,
}

// x / norm; lanes past the end count as 0.
fn hold(row: Row, i: u32) -> Lane {
  if (i >= row.total) { return Lane(0.0); }
  return from_source(x[source_at(row.x + i)], row.x + i) * row.divisor.x * row.divisor.y;
}

fn hold_dy(row: Row, i: u32) -> Lane {
  if (i >= row.total) { return Lane(0.0); }
  return from_source(dy[source_at(row.dy + i)], row.dy + i);
}

// Chains of 32 adds, summed by 32, then all: lanes from `first` on.
fn streamed_products(row: Row, first: u32, inv: Invocation) -> Lane {
  let part = CHAIN * team_width(inv);
  var sum = Lane(0.0);
  for (var outer = first; outer < row.total; outer += CHAIN * part) {
    var middle = Lane(0.0);
    let outer_end = min(outer + CHAIN * part, row.total);
    for (var begin = outer; begin < outer_end; begin += part) {
      var chain = Lane(0.0);
      for (var i = begin + team_lane(inv); i < min(begin + part, outer_end); i += team_width(inv)) { chain += hold(row, i) * hold_dy(row, i); }
      middle += chain;
    }
    sum += middle;
  }
  return sum;
}

// dx = (dy - dot * slope) * factor.y * factor.x; the first part is of dy's size, so it comes first.
fn differentiate(row: Row, i: u32, h: Lane, d: Lane, dot: f32, factor: vec2f) {
  if (i >= row.total) { return; }
  var value = (d - dot * slope_of(h, params.slope)) * factor.y * factor.x;
  if (ACCUMULATES) { value += from_result(dx[row.dx + i]); }
  dx[row.dx + i] = to_result(value);
}

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let index = select(0u, team, live);
  let base = index * params.items;
  let own = norm[params.norm_offset + index];
  let divisor = divisor_of(own, params.eps);
  let row = Row(params.x_offset + base, params.dy_offset + base, params.dx_offset + base, select(0u, params.items, live), divisor);
  let w = team_width(inv);
  let i = team_lane(inv);
  var h0: Lane; var h1: Lane; var h2: Lane; var h3: Lane; var h4: Lane; var h5: Lane; var h6: Lane; var h7: Lane;
  var d0: Lane; var d1: Lane; var d2: Lane; var d3: Lane; var d4: Lane; var d5: Lane; var d6: Lane; var d7: Lane;
  if (HELD > 0u) { h0 = hold(row, i); d0 = hold_dy(row, i); }
  if (HELD > 1u) { h1 = hold(row, i + w); d1 = hold_dy(row, i + w); }
  if (HELD > 2u) { h2 = hold(row, i + 2u * w); d2 = hold_dy(row, i + 2u * w); }
  if (HELD > 3u) { h3 = hold(row, i + 3u * w); d3 = hold_dy(row, i + 3u * w); }
  if (HELD > 4u) { h4 = hold(row, i + 4u * w); d4 = hold_dy(row, i + 4u * w); }
  if (HELD > 5u) { h5 = hold(row, i + 5u * w); d5 = hold_dy(row, i + 5u * w); }
  if (HELD > 6u) { h6 = hold(row, i + 6u * w); d6 = hold_dy(row, i + 6u * w); }
  if (HELD > 7u) { h7 = hold(row, i + 7u * w); d7 = hold_dy(row, i + 7u * w); }

  var sum = h0 * d0;
  if (HELD > 1u) { sum += h1 * d1; }
  if (HELD > 2u) { sum += h2 * d2; }
  if (HELD > 3u) { sum += h3 * d3; }
  if (HELD > 4u) { sum += h4 * d4; }
  if (HELD > 5u) { sum += h5 * d5; }
  if (HELD > 6u) { sum += h6 * d6; }
  if (HELD > 7u) { sum += h7 * d7; }
  sum += streamed_products(row, HELD * w, inv);
  let product = team_sum(vec2f(lane_sum(sum), 0.0), inv).x;
  var factor = divisor;
  if (HAS_G) {
    factor.y *= g[params.g_offset + index];
    if (live && i == 0u) {
      let at = params.dg_offset + index;
      dg[at] = select(product, dg[at] + product, ACCUMULATES);
    }
  }

  let dot = select(product, 0.0, own < params.eps);
  if (HELD > 0u) { differentiate(row, i, h0, d0, dot, factor); }
  if (HELD > 1u) { differentiate(row, i + w, h1, d1, dot, factor); }
  if (HELD > 2u) { differentiate(row, i + 2u * w, h2, d2, dot, factor); }
  if (HELD > 3u) { differentiate(row, i + 3u * w, h3, d3, dot, factor); }
  if (HELD > 4u) { differentiate(row, i + 4u * w, h4, d4, dot, factor); }
  if (HELD > 5u) { differentiate(row, i + 5u * w, h5, d5, dot, factor); }
  if (HELD > 6u) { differentiate(row, i + 6u * w, h6, d6, dot, factor); }
  if (HELD > 7u) { differentiate(row, i + 7u * w, h7, d7, dot, factor); }
  for (var k = i + HELD * w; k < row.total; k += w) { differentiate(row, k, hold(row, k), hold_dy(row, k), dot, factor); }
}

@compute @workgroup_size(WORKGROUP)
fn p_norm_row_backward(inv: Invocation) {
  work_teams(inv);
}
