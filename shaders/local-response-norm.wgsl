// y = x * scale^-beta, scale = k + factor * sum of x^2 over a window of channels: an invocation a lane.
// PULLS: y is dy * x * scale^(-beta - 1) instead, whose sums over windows the gradient needs (local-response-norm-backward.wgsl).
struct Params {
  exponent: Exponent,
  teams: u32,
  channels: u32,
  inner: u32,
  before: u32,
  after: u32,
  factor: f32,
  k: f32,
  x_offset: u32,
  dy_offset: u32,
  y_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> dy: array<Source>;
@group(0) @binding(3) var<storage, read_write> y: array<Result>;

override PULLS: bool = false;

fn work(team: u32, inv: Invocation) {
  if (team >= params.teams) { return; }
  let scale = scale_at(team, team / params.inner % params.channels);
  let at = params.x_offset + team;
  var value = from_source(x[source_at(at)], at) * response_of(scale);
  if (PULLS) {
    let k = params.dy_offset + team;
    value = select(from_source(dy[source_at(k)], k) * value / scale, Lane(0.0), scale <= Lane(0.0));
  }
  y[params.y_offset + team] = to_result(value);
}

@compute @workgroup_size(WORKGROUP)
fn local_response_norm(inv: Invocation) {
  work_teams(inv);
}
