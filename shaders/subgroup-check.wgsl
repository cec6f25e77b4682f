// What each invocation of a workgroup sees of its team: its lane, the team's width, and sums over the team. Sums of whole numbers are exact, in any order.
struct Params {
  found_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> found: array<f32>;

fn work(team: u32, inv: Invocation) {
  let v = f32(inv.index + 1u);
  let sums = team_sum(vec2f(v, v * v), inv);
  let largest = team_max(v, inv);
  let at = params.found_offset + 5u * inv.index;
  found[at] = f32(team_lane(inv));
  found[at + 1u] = f32(team_width(inv));
  found[at + 2u] = sums.x;
  found[at + 3u] = sums.y;
  found[at + 4u] = largest;
}

@compute @workgroup_size(WORKGROUP)
fn subgroup_check(inv: Invocation) {
  work_teams(inv);
}
