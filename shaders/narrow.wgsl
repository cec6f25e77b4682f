// f32 to f16, two in a word. An invocation owns one whole word, so that no two write the same; where the last holds one value alone, its other half
// belongs to somebody else and stays as it is.
struct Params {
  count: u32,
  wide_offset: u32,
  narrowed_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> wide: array<f32>;
@group(0) @binding(2) var<storage, read_write> narrowed: array<u32>;

fn work(team: u32, inv: Invocation) {
  let i = team * 2u;
  if (i >= params.count) { return; }
  let at = params.narrowed_offset + team;
  let low = half_bits(wide[params.wide_offset + i], SATURATES);
  var high = narrowed[at] & 0xffff0000u;
  if (i + 1u < params.count) { high = half_bits(wide[params.wide_offset + i + 1u], SATURATES) << 16u; }
  narrowed[at] = low | high;
}

@compute @workgroup_size(WORKGROUP)
fn narrow(inv: Invocation) {
  work_teams(inv);
}
