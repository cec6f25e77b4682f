import subgroupCheck from "../../shaders/subgroup-check.wgsl";
import type { Capabilities } from "./capabilities.ts";
import { dispatchOf } from "./dispatch.ts";
import type { Plan } from "./plan.ts";
import { GPU_WORKGROUP } from "./thresholds.ts";

/** Values that an invocation of the check writes: lane, width, sum, sum of squares, largest. */
const FOUND = 5;

/** Invocations of a workgroup that no subgroup of a GPU fills, so that some of its lanes are idle. */
const PARTIAL = 8;

/** One workgroup of the check. */
export interface SubgroupCheck {
  readonly plan: Plan;
  readonly workgroup: number;
  /** Values that it writes to `found`. */
  readonly values: number;
  /** A team is a subgroup, whose size is seen; else a workgroup. */
  readonly bySubgroup: boolean;
}

/** Workgroups that show whether subgroups do what team.subgroup and team.cluster rely on: full ones of the sizes that plans use, and one that leaves lanes of a subgroup idle. */
export function planSubgroupChecks(capabilities: Capabilities): SubgroupCheck[] {
  const of = (team: "subgroup" | "cluster", wanted: number): SubgroupCheck => {
    const workgroup = Math.min(wanted, capabilities.maxInvocationsPerWorkgroup);
    const dispatch = dispatchOf(subgroupCheck, { team, overrides: { WORKGROUP: workgroup, TEAMS: 1 }, grid: [1, 1, 1] }, { bindings: { found: "found" } });
    const values = workgroup * FOUND;
    return { plan: { walk: "none", team, dispatches: [dispatch], scratch: {}, bytesMoved: values * 4 }, workgroup, values, bySubgroup: team === "subgroup" };
  };
  return [of("subgroup", GPU_WORKGROUP.subgroups), of("cluster", GPU_WORKGROUP.most), of("cluster", PARTIAL)];
}

/** True where `found` is what teams rely on: neighbours share a team, each has a lane of its own, sums are whole, and a subgroup has a size that the adapter reports. */
export function isSound(found: ArrayLike<number>, { workgroup, bySubgroup }: Omit<SubgroupCheck, "plan">, capabilities: Capabilities): boolean {
  const width = found[1]!;
  if (!(width >= 1) || workgroup % width !== 0) return false;
  const [least, most] = [Math.min(capabilities.subgroupMinSize, workgroup), capabilities.subgroupMaxSize];
  if (bySubgroup && (width < least || width > most)) return false;
  const lanes = new Set<number>();
  for (let index = 0; index < workgroup; index++) {
    const first = index - (index % width);
    let [sum, squares] = [0, 0];
    for (let v = first + 1; v <= first + width; v++) {
      sum += v;
      squares += v * v;
    }
    const wanted = [width, sum, squares, first + width];
    if (wanted.some((value, place) => found[index * FOUND + 1 + place] !== value)) return false;
    const lane = found[index * FOUND]!;
    if (!(lane >= 0 && lane < width)) return false;
    lanes.add(first + lane);
  }
  return lanes.size === workgroup;
}
