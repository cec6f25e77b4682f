// Statistics of this device's share of a batch as partials (n, shift, sum of e, sum of e^2), e = x - shift, that another device can merge.
struct Params {
  count: u32,
  values: f32,
  statistics_stride: u32,
  statistics_offset: u32,
  partials_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> statistics: array<f32>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec4f>;

fn work(team: u32, inv: Invocation) {
  if (team >= params.count) { return; }
  let at = params.statistics_offset + team;
  let shift = statistics[at + 2u * params.statistics_stride];
  let delta = statistics[at + 3u * params.statistics_stride];
  let variance = statistics[at + 4u * params.statistics_stride];
  partials[params.partials_offset + team] = vec4f(1.0, 0.0, delta, variance + delta * delta) * params.values + vec4f(0.0, shift, 0.0, 0.0);
}

@compute @workgroup_size(WORKGROUP)
fn export_moments(inv: Invocation) {
  work_teams(inv);
}
