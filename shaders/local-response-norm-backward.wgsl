// dx = dy * scale^-beta - twice * x * sum of pull over the channels whose window holds this one; pull = dy * x * scale^(-beta - 1), twice = 2 * factor * beta.
struct Params {
  exponent: Exponent,
  teams: u32,
  channels: u32,
  inner: u32,
  before: u32,
  after: u32,
  factor: f32,
  k: f32,
  twice: f32,
  x_offset: u32,
  dy_offset: u32,
  pull_offset: u32,
  dx_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Source>;
@group(0) @binding(2) var<storage, read> dy: array<Source>;
@group(0) @binding(3) var<storage, read> pull: array<Lane>;
@group(0) @binding(4) var<storage, read_write> dx: array<Result>;

fn work(team: u32, inv: Invocation) {
  if (team >= params.teams) { return; }
  let c = team / params.inner % params.channels;
  // The windows that hold channel c are those of c - after to c + before.
  let window = window_of(c, params.after, params.before);
  var sum = Lane(0.0);
  for (var part = window.x; part <= window.y; part += CHAIN) {
    var chain = Lane(0.0);
    for (var j = part; j <= min(part + CHAIN - 1u, window.y); j++) {
      chain += pull[params.pull_offset + team + j * params.inner - c * params.inner];
    }
    sum += chain;
  }
  let at = params.x_offset + team;
  let k = params.dy_offset + team;
  let straight = from_source(dy[source_at(k)], k) * response_of(scale_at(team, c));
  dx[params.dx_offset + team] = to_result(straight - params.twice * from_source(x[source_at(at)], at) * sum);
}

@compute @workgroup_size(WORKGROUP)
fn local_response_norm_backward(inv: Invocation) {
  work_teams(inv);
}
