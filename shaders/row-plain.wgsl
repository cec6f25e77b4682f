// Rows of small tensors, an invocation each: y = activation((x - mean) * rstd * gamma + beta), gamma and beta along the row. Such a call takes less time than its kernel takes to compile,
// so this one is short: no residual, no views, few loops and no function that reads x (SwiftShader takes 2 ms for a loop, and 1 for such a call).
struct Params {
  teams: u32,
  items: u32,
  statistics_stride: u32,
  reciprocal: f32,
  eps: f32,
  zero: u32,
  gamma_scale: f32,
  gamma_shift: f32,
  x_offset: u32,
  gamma_offset: u32,
  beta_offset: u32,
  y_offset: u32,
  statistics_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> gamma: array<Parameter>;
@group(0) @binding(3) var<storage, read> beta: array<Parameter>;
@group(0) @binding(4) var<storage, read_write> y: array<Result>;
@group(0) @binding(5) var<storage, read_write> statistics: array<f32>;

override CENTERED: bool = true;
override SUBTRACTS_MEAN: bool = true;
override WRITES_STATISTICS: bool = false;

fn work(team: u32, inv: Invocation) {
  if (team >= params.teams) { return; }
  let items = params.items;
  let base = params.x_offset + team * items;
  var shift = 0.0;
  if (CENTERED) { shift = lane_first(from_source(x[source_at(base)], base)); }
  // A value of the row is at most sqrt(n) standard deviations from its mean, so any of them will do to find the mean by a turn of its own.
  var sums = vec2f(0.0);
  for (var turn = select(1u, 0u, CENTERED); turn < 2u; turn++) {
    sums = vec2f(0.0);
    for (var part = 0u; part < items; part += CHAIN) {
      var chain = Lane(0.0);
      var squares = Lane(0.0);
      for (var i = part; i < min(part + CHAIN, items); i++) {
        let e = from_source(x[source_at(base + i)], base + i) - shift;
        chain += e;
        squares += e * e;
      }
      sums += vec2f(lane_sum(chain), lane_sum(squares));
    }
    if (turn == 0u) { shift = opaque(shift + sums.x * params.reciprocal, params.zero); }
  }
  let m = moments_of(shift, sums, params.reciprocal, params.eps, CENTERED);
  if (WRITES_STATISTICS) { record(team, m); }
  let center = select(0.0, m.shift, SUBTRACTS_MEAN);
  let rest = select(0.0, m.delta * m.rstd, SUBTRACTS_MEAN);
  for (var i = 0u; i < items; i++) {
    let xhat = (from_source(x[source_at(base + i)], base + i) - center) * m.rstd - rest;
    y[params.y_offset + team * items + i] = to_result(activate(xhat * gamma_at(params.gamma_offset + i) + beta_at(params.beta_offset + i)));
  }
}

@compute @workgroup_size(WORKGROUP)
fn row_plain(inv: Invocation) {
  work_teams(inv);
}
