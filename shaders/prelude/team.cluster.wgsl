// One workgroup is a team: subgroups sum first, then every invocation adds the few sums of the subgroups in the same order.
enable subgroups;
override WORKGROUP: u32 = 128u;
override TEAMS: u32 = 1u;
const TEAM_WIDE = true;
// The smallest subgroup of WebGPU has 4 invocations.
override SLOTS: u32 = (WORKGROUP + 3u) / 4u;

struct Invocation {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(subgroup_size) width: u32,
}

var<workgroup> team_partials: array<vec2f, SLOTS>;

// The kernel's `work`, once for each team.
fn work_teams(inv: Invocation) {
  work(inv.group.y * inv.groups.x + inv.group.x, inv);
}

fn team_lane(inv: Invocation) -> u32 { return inv.index; }
fn team_width(inv: Invocation) -> u32 { return WORKGROUP; }
fn team_sum(v: vec2f, inv: Invocation) -> vec2f {
  let part = subgroupAdd(v);
  if (inv.lane == 0u) { team_partials[inv.index / inv.width] = part; }
  workgroupBarrier();
  var total = vec2f(0.0);
  for (var slot = 0u; slot < max(WORKGROUP / inv.width, 1u); slot++) { total += team_partials[slot]; }
  workgroupBarrier();
  return total;
}
fn team_max(v: f32, inv: Invocation) -> f32 {
  let part = subgroupMax(v);
  if (inv.lane == 0u) { team_partials[inv.index / inv.width].x = part; }
  workgroupBarrier();
  var largest = team_partials[0].x;
  for (var slot = 1u; slot < max(WORKGROUP / inv.width, 1u); slot++) { largest = max(largest, team_partials[slot].x); }
  workgroupBarrier();
  return largest;
}
