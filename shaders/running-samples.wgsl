// Running statistics moved towards the average over the samples of statistics that lie as [samples, channels]: a team takes a channel.
struct Params {
  teams: u32,
  samples: u32,
  statistics_stride: u32,
  reciprocal: f32,
  momentum: f32,
  running_correction: f32,
  statistics_offset: u32,
  running_mean_offset: u32,
  running_variance_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> statistics: array<f32>;
@group(0) @binding(2) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(3) var<storage, read_write> running_variance: array<f32>;

fn work(team: u32, inv: Invocation) {
  let live = team < params.teams;
  let channel = select(0u, team, live);
  let samples = select(0u, params.samples, live);
  let mean_plane = params.statistics_offset + channel;
  let variance_plane = mean_plane + 4u * params.statistics_stride;
  // Means are summed as distances from the first one, so that a large mean costs no digits.
  let first = statistics[mean_plane];
  var total = vec2f(0.0);
  for (var part = 0u; part < samples; part += CHAIN * team_width(inv)) {
    var chain = vec2f(0.0);
    let end = min(part + CHAIN * team_width(inv), samples);
    for (var n = part + team_lane(inv); n < end; n += team_width(inv)) {
      let at = n * params.teams;
      chain += vec2f(statistics[mean_plane + at] - first, statistics[variance_plane + at]);
    }
    total += chain;
  }
  let average = team_sum(total, inv) * params.reciprocal;
  if (!live || team_lane(inv) != 0u) { return; }
  let mean = &running_mean[params.running_mean_offset + channel];
  *mean += params.momentum * (first + average.x - *mean);
  let variance = &running_variance[params.running_variance_offset + channel];
  *variance += params.momentum * (average.y * params.running_correction - *variance);
}

@compute @workgroup_size(WORKGROUP)
fn running_samples(inv: Invocation) {
  work_teams(inv);
}
