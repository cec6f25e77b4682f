import type { Capabilities } from "./capabilities.ts";
import { clamp, foldGrid, powerOfTwo } from "./grid.ts";
import type { Dispatch, Team } from "./plan.ts";
import { GPU_WORKGROUP, MERGE_WIDE, SOFTWARE_MANY_TEAMS, SOFTWARE_WORKGROUP_MANY } from "./thresholds.ts";

/** How the teams of a dispatch lie in workgroups. */
export interface Teams {
  readonly team: Team;
  readonly overrides: { readonly WORKGROUP: number; readonly TEAMS?: number };
  readonly grid: Dispatch["grid"];
}

/** True where a CPU runs the shaders: barriers are dear, and few invocations keep it busy. */
export function isSoftware(capabilities: Capabilities): boolean {
  return capabilities.adapterClass === "software";
}

/** Rows as a choice of kernels counts them: endlessly many where that choice must not depend on their number. */
export function countedRows(rows: number, capabilities: Capabilities): number {
  return capabilities.batchInvariant ? Infinity : rows;
}

/** Lanes that an invocation of a CPU holds at most, by the width of its SIMD groups: the wider they are, the longer its compiler takes. */
export function heldMost(most: { readonly four: number; readonly wider: number }, { subgroupMinSize }: Capabilities): number {
  return subgroupMinSize > 4 ? most.wider : most.four;
}

/** One invocation a team. */
export function invocationTeams(teams: number, capabilities: Capabilities): Teams {
  const many = teams >= SOFTWARE_MANY_TEAMS && !capabilities.batchInvariant;
  const fitting = many ? SOFTWARE_WORKGROUP_MANY : capabilities.subgroupMinSize;
  const workgroup = isSoftware(capabilities) ? fitting : 64;
  return { team: "invocation", overrides: { WORKGROUP: workgroup }, grid: foldGrid(Math.ceil(teams / workgroup), capabilities) };
}

/** One subgroup a team, whatever its size: several to a workgroup. */
export function subgroupTeams(teams: number, capabilities: Capabilities): Teams {
  const workgroup = Math.min(GPU_WORKGROUP.subgroups, capabilities.maxInvocationsPerWorkgroup);
  const perWorkgroup = Math.max(1, Math.floor(workgroup / capabilities.subgroupMaxSize));
  return { team: "subgroup", overrides: { WORKGROUP: workgroup, TEAMS: perWorkgroup }, grid: foldGrid(Math.ceil(teams / perWorkgroup), capabilities) };
}

/** Teams that merge `count` partials each: an invocation, or a workgroup where a GPU finds many. */
export function mergeTeams(targets: number, count: number, capabilities: Capabilities, perInvocation = 4): Teams {
  const wide = !isSoftware(capabilities) && count >= MERGE_WIDE;
  return wide ? workgroupTeams(targets, count, perInvocation, capabilities) : invocationTeams(targets, capabilities);
}

/** One workgroup a team, wide enough for `lanes` lanes of work with `perInvocation` each. */
export function workgroupTeams(teams: number, lanes: number, perInvocation: number, capabilities: Capabilities): Teams {
  const most = Math.min(GPU_WORKGROUP.most, capabilities.maxInvocationsPerWorkgroup);
  const workgroup = clamp(powerOfTwo(lanes / perInvocation), GPU_WORKGROUP.least, most);
  return { team: capabilities.subgroups ? "cluster" : "workgroup", overrides: { WORKGROUP: workgroup }, grid: foldGrid(teams, capabilities) };
}
