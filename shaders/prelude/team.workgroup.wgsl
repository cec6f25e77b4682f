// One workgroup is a team; sums go through a tree in workgroup memory. WORKGROUP is a power of two.
override WORKGROUP: u32 = 64u;
override TEAMS: u32 = 1u;
const TEAM_WIDE = true;

struct Invocation {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
}

var<workgroup> team_partials: array<vec2f, WORKGROUP>;

// The kernel's `work`, once for each team.
fn work_teams(inv: Invocation) {
  work(inv.group.y * inv.groups.x + inv.group.x, inv);
}

fn team_lane(inv: Invocation) -> u32 { return inv.index; }
fn team_width(inv: Invocation) -> u32 { return WORKGROUP; }
fn team_sum(v: vec2f, inv: Invocation) -> vec2f {
  team_partials[inv.index] = v;
  for (var half = WORKGROUP / 2u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (inv.index < half) { team_partials[inv.index] += team_partials[inv.index + half]; }
  }
  workgroupBarrier();
  let total = team_partials[0];
  workgroupBarrier();
  return total;
}
fn team_max(v: f32, inv: Invocation) -> f32 {
  team_partials[inv.index].x = v;
  for (var half = WORKGROUP / 2u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (inv.index < half) { team_partials[inv.index].x = max(team_partials[inv.index].x, team_partials[inv.index + half].x); }
  }
  workgroupBarrier();
  let largest = team_partials[0].x;
  workgroupBarrier();
  return largest;
}
