// Statistics that are given (a BatchNorm in eval mode), in the form that the apply kernels read.
struct Params {
  count: u32,
  statistics_stride: u32,
  eps: f32,
  mean_offset: u32,
  variance_offset: u32,
  statistics_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> variance: array<f32>;
@group(0) @binding(3) var<storage, read_write> statistics: array<f32>;

fn work(team: u32, inv: Invocation) {
  if (team >= params.count) { return; }
  let given = variance[params.variance_offset + team];
  record(team, Moments(mean[params.mean_offset + team], 0.0, reciprocal_root(given + params.eps), given));
}

@compute @workgroup_size(WORKGROUP)
fn fixed_statistics(inv: Invocation) {
  work_teams(inv);
}
