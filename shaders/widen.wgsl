// A tensor in f16 written out in f32, for kernels that read it beside f32.
struct Params {
  count: u32,
  source_offset: u32,
  widened_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<Source>;
@group(0) @binding(2) var<storage, read_write> widened: array<Lane>;

fn work(team: u32, inv: Invocation) {
  if (team >= params.count) { return; }
  let i = params.source_offset + team;
  widened[params.widened_offset + team] = from_source(source[source_at(i)], i);
}

@compute @workgroup_size(WORKGROUP)
fn widen(inv: Invocation) {
  work_teams(inv);
}
