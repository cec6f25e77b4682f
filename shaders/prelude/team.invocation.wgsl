// One invocation is a team: no barrier, no sum. On a CPU the best of all; on a GPU for columns and very short rows.
override WORKGROUP: u32 = 64u;
override TEAMS: u32 = 64u;
const TEAM_WIDE = false;

struct Invocation {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
}

// The kernel's `work`, once for each team. Without a loop: on a CPU a loop of one round doubles the time of short rows.
fn work_teams(inv: Invocation) {
  work((inv.group.y * inv.groups.x + inv.group.x) * WORKGROUP + inv.index, inv);
}

fn team_lane(inv: Invocation) -> u32 { return 0u; }
fn team_width(inv: Invocation) -> u32 { return 1u; }
fn team_sum(v: vec2f, inv: Invocation) -> vec2f { return v; }
fn team_max(v: f32, inv: Invocation) -> f32 { return v; }
