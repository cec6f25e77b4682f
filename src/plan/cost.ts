import type { StatisticsView } from "../core/statistics-view.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Dispatch, Plan } from "./plan.ts";
import { COSTS } from "./costs.ts";
import { clamp } from "./grid.ts";
import { isSoftware } from "./teams.ts";
import { LONGEST_SLICE } from "./thresholds.ts";

/** Bindings of tensors of x's size; those that are only read. */
const INPUTS = new Set(["x", "dy", "residual", "dsum", "source"]);
const OUTPUTS = new Set(["y", "sum", "dx", "gathered"]);
const PARAMETERS = new Set(["gamma", "beta", "residual_bias"]);

/** Kernels that go through what they read twice, the second time from a cache. */
const READS_TWICE = new Set(["row-stream", "row-block", "row-flat", "column-norm", "row-backward", "row-backward-segments", "row-backward-flat"]);

/** What reading again from a cache costs of a read from memory. */
const CACHED = 1 / 2;

/** What it costs, in barriers, to agree on the size of subgroups. */
const AGREEMENT = 3;

/** Kernels whose teams sum; each sums twice: about the shift, and to find it. */
const SUMS = 2;
const SUMMING = /^(?:row-|run-moments|sum-gradient)/;

/** What one dispatch does, counted. */
interface Work {
  /** Bytes that cross memory. */
  readonly bytes: number;
  /** Lanes that invocations load or store. */
  readonly touches: number;
  /** Invocations that start on a row or a slice, once for each. */
  readonly members: number;
  /** Barriers, once for each invocation that waits at one. */
  readonly barriers: number;
  /** Invocations that have something to do at once. */
  readonly live: number;
  readonly workgroups: number;
  /** Neighbouring invocations are a row or slice of this many bytes apart; 0 where they read side by side. */
  readonly apart: number;
}

/**
 * The time of a plan in microseconds, for ranking plans of one request on one device: a sum over its dispatches of
 *
 *     dispatch + (bytes * waste / bandwidth + (touches * spread * touch + members * start + barriers * barrier) / width) / occupancy
 *
 * where a touch takes `kept` times as long in a kernel with barriers. `occupancy` is the share of the machine that has something to do: of `width` invocations, or of `units` that a workgroup each
 * keeps busy; `spread` counts the lines that neighbouring invocations touch where side by side they would touch one; `waste` is the part of a line that is fetched and not used, because the line is
 * gone from the cache before its neighbour is wanted. What is read a second time counts as half of a read where rows are short enough for a cache. Constants, one set for each class of adapter:
 * costs.ts. With `batchInvariant` the machine is always full, and what grows otherwise than the number of rows (dispatches, partials) is left out: then the ranking depends on a row's length alone.
 *
 * @returns microseconds of a machine like those that the constants were taken from
 */
export function cost(plan: Plan, view: StatisticsView, capabilities: Capabilities): number {
  const { dispatch, bandwidth, width, units, touch, start, barrier, kept, line } = COSTS[capabilities.adapterClass];
  let time = 0;
  for (const one of plan.dispatches) {
    if (capabilities.batchInvariant && !one.kernel.startsWith("row-")) continue;
    const work = workOf(one, plan, view, capabilities);
    const occupancy = capabilities.batchInvariant ? 1 : Math.min(1, work.live / width, work.workgroups / units);
    const lane = one.variant.lane * 4;
    const most = Math.max(1, line / lane);
    const memory = (work.bytes * clamp(work.apart / line, 1, most)) / bandwidth;
    const each = touch * (work.barriers > 0 ? kept : 1);
    const issue = (work.touches * clamp(work.apart / lane, 1, most) * each + work.members * start + work.barriers * barrier) / width;
    time += (capabilities.batchInvariant ? 0 : dispatch) + (memory + issue) / 1000 / occupancy;
  }
  return time;
}

function workOf(one: Dispatch, plan: Plan, view: StatisticsView, capabilities: Capabilities): Work {
  const { kernel, variant, overrides, params, bindings, grid } = one;
  const workgroup = overrides["WORKGROUP"]!;
  const names = Object.keys(bindings);
  const values = view.statistics * view.count;
  const lanes = values / variant.lane;
  const inputs = names.filter((name) => INPUTS.has(name)).length;
  const outputs = names.filter((name) => OUTPUTS.has(name)).length;
  const again = READS_TWICE.has(kernel) && !overrides["HELD"] ? inputs : 0;
  const partials = capabilities.batchInvariant ? 0 : (plan.scratch[bindings["partials"] ?? ""] ?? 0);
  const together = kernel === "row-block" ? params["rows_per_team"]! : (overrides["ROWS"] ?? 1);
  // Parameters that change along a row are loaded for every lane, once for the rows that an invocation takes together.
  const vary =
    overrides["BY_SEGMENT"] || overrides["PARAMETERS_VARY"] === 0 || kernel === "row-backward-segments" || /-(?:flat|narrow)$/.test(kernel) ? 0 : 1 / together;
  const parameters = names.filter((name) => PARAMETERS.has(name)).length * vary;
  const teams = params["teams"] ?? grid[0] * grid[1] * workgroup;
  const rows = kernel.startsWith("row-") ? view.statistics : teams;
  // A workgroup smaller than a subgroup leaves the rest of it idle.
  const wide = Math.max(workgroup, capabilities.subgroupMinSize);
  const breadth = { invocation: 1, subgroup: capabilities.subgroupMinSize, workgroup: wide, cluster: wide }[variant.team];
  // A tree in workgroup memory, of whose barriers one counts a third (half of its invocations have nothing to do between two); or subgroups, two barriers and a walk over their sums.
  const slots = Math.max(1, workgroup / capabilities.subgroupMinSize);
  const waits = { invocation: 0, subgroup: 0, workgroup: (Math.log2(workgroup) + 3) / 3, cluster: 2 + Math.log2(slots) / 2 }[variant.team];
  const workgroups = grid[0] * grid[1];
  const started = workgroups * workgroup;
  const alone = variant.team === "invocation" && SUMMING.test(kernel) && !overrides["COLUMNS"];
  // An invocation that takes four rows and finds fewer repeats the last.
  const repeated = capabilities.batchInvariant || kernel !== "row-stream" ? 1 : (teams * together) / rows;
  // Those without a row start all the same.
  // A CPU pays for a segment half of what it pays for a row.
  const cuts = isSoftware(capabilities) && overrides["BY_SEGMENT"] ? (rows * (params["segments"]! - 1)) / 2 : 0;
  const members = Math.max(rows * breadth + cuts, capabilities.batchInvariant ? 0 : started);
  return {
    bytes: (inputs + outputs + again * (values / rows > LONGEST_SLICE ? 1 : CACHED)) * values * 4 + partials,
    touches: (inputs + again + outputs + parameters) * lanes * repeated + partials / 16,
    members,
    // A workgroup of subgroups first agrees on their size.
    barriers: (SUMMING.test(kernel) ? rows * breadth * SUMS * waits : 0) + (variant.team === "subgroup" ? members * AGREEMENT : 0),
    live: Math.min(teams * breadth, started),
    workgroups,
    apart: alone ? (values / rows) * 4 : 0,
  };
}
