// Writes a contiguous tensor from one that is strided, broadcast or permuted: for parameters and axes that no walk can follow in place.
struct Params {
  count: u32,
  extent0: u32,
  extent1: u32,
  extent2: u32,
  extent3: u32,
  extent4: u32,
  extent5: u32,
  extent6: u32,
  extent7: u32,
  stride0: u32,
  stride1: u32,
  stride2: u32,
  stride3: u32,
  stride4: u32,
  stride5: u32,
  stride6: u32,
  stride7: u32,
  source_offset: u32,
  gathered_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<Source>;
@group(0) @binding(2) var<storage, read_write> gathered: array<Result>;

// What the innermost axis that is left adds to the source's index; rest = (index without that axis, source index so far).
fn peel(rest: vec2u, extent: u32, stride: u32) -> vec2u {
  let quotient = rest.x / extent;
  return vec2u(quotient, rest.y + (rest.x - quotient * extent) * stride);
}

fn work(team: u32, inv: Invocation) {
  if (team >= params.count) { return; }
  var rest = vec2u(team, 0u);
  rest = peel(rest, params.extent7, params.stride7);
  rest = peel(rest, params.extent6, params.stride6);
  rest = peel(rest, params.extent5, params.stride5);
  rest = peel(rest, params.extent4, params.stride4);
  rest = peel(rest, params.extent3, params.stride3);
  rest = peel(rest, params.extent2, params.stride2);
  rest = peel(rest, params.extent1, params.stride1);
  rest = peel(rest, params.extent0, params.stride0);
  let at = params.source_offset + rest.y;
  gathered[params.gathered_offset + team] = to_result(from_source(source[source_at(at)], at));
}

@compute @workgroup_size(WORKGROUP)
fn gather(inv: Invocation) {
  work_teams(inv);
}
