// One subgroup is a team, whatever its size: a workgroup serves TEAMS teams in as many rounds as its subgroups need.
enable subgroups;
override WORKGROUP: u32 = 128u;
override TEAMS: u32 = 4u;
const TEAM_WIDE = true;

struct Invocation {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(subgroup_size) width: u32,
}

var<workgroup> subgroups_of_workgroup: u32;

fn subgroups_here(inv: Invocation) -> u32 { return max(WORKGROUP / inv.width, 1u); }
// The kernel's `work`, once for each team.
fn work_teams(inv: Invocation) {
  // Through workgroup memory, because only so is the size known to be the same for all.
  if (inv.index == 0u) { subgroups_of_workgroup = subgroups_here(inv); }
  let here = workgroupUniformLoad(&subgroups_of_workgroup);
  let first = (inv.group.y * inv.groups.x + inv.group.x) * TEAMS;
  for (var team = 0u; team < TEAMS; team += here) {
    let own = team + inv.index / inv.width;
    work(select(0xffffffffu, first + own, own < TEAMS), inv);
  }
}

fn team_lane(inv: Invocation) -> u32 { return inv.lane; }
fn team_width(inv: Invocation) -> u32 { return min(inv.width, WORKGROUP); }
fn team_sum(v: vec2f, inv: Invocation) -> vec2f { return subgroupAdd(v); }
fn team_max(v: f32, inv: Invocation) -> f32 { return subgroupMax(v); }
