import applyRun from "../../shaders/apply-run.wgsl";
import runMoments from "../../shaders/run-moments.wgsl";
import type { ParameterView } from "../core/parameter-view.ts";
import type { Capabilities } from "./capabilities.ts";
import { dispatchOf } from "./dispatch.ts";
import { affineParams, applyBindings, applyFlags, halves, sourceBindings, sourceFlags, viewsParams, wholePasses, type WalkPlan } from "./forward-parts.ts";
import { arrangePlanes, flatFlags, flatLane, wholeAfter } from "./flat-plan.ts";
import { clamp } from "./grid.ts";
import { mergeDispatch } from "./merge-plan.ts";
import { chooseLanes, type Operands } from "./operands.ts";
import type { Dispatch } from "./plan.ts";
import { statisticsStride, type ForwardRequest } from "./request.ts";
import { countedRows, invocationTeams, isSoftware, workgroupTeams } from "./teams.ts";
import { APPLY_LANES, APPLY_SPAN, LONGEST_SLICE, SHORTEST_SLICE, TARGET_TEAMS } from "./thresholds.ts";

/** Long runs, repeated or too few for a team each: partial moments of slices, a merge, an apply. Fixed statistics need only the apply. */
export function planRuns(request: ForwardRequest, capabilities: Capabilities): WalkPlan {
  if (request.statistics === "fixed" || request.statistics === "given") {
    const operands = arrangePlanes(request, capabilities);
    const apply = request.walks.flat?.apply(request, operands, capabilities) ?? applyDispatch(request, operands, "x", capabilities);
    const dispatches = [...operands.gathers, ...givenStatistics(request, capabilities), apply];
    return { team: apply.variant.team, dispatches, scratch: operands.scratch, passes: wholePasses(request) };
  }
  const parts = halves(request);
  const summedOperands = arrangePlanes(parts.moments, capabilities);
  const moments = momentsDispatch(parts.moments, summedOperands, capabilities);
  const { slices } = moments;
  const layout = { count: slices, outerStride: request.view.kept * slices, keptStride: slices, inner: slices, step: 0 };
  const operands = arrangePlanes(parts.apply, capabilities);
  const apply = request.walks.flat?.apply(request, operands, capabilities) ?? applyDispatch(parts.apply, operands, parts.applied, capabilities);
  return {
    team: moments.dispatch.variant.team,
    dispatches: [
      ...summedOperands.gathers,
      moments.dispatch,
      mergeDispatch(request, layout, capabilities),
      ...(request.applies ? [...operands.gathers, apply] : []),
    ],
    scratch: { ...parts.scratch, ...summedOperands.scratch, ...operands.scratch, partials: request.view.statistics * slices * 16 },
    passes: parts.passes,
  };
}

/** Mean and variance that are given, brought into the form that the apply kernels read; nothing where they have it already. */
export function givenStatistics(request: ForwardRequest, capabilities: Capabilities): Dispatch[] {
  return request.statistics === "given" ? [] : [request.walks.fixed!(request, capabilities)];
}

/** Slices of one statistic: enough of them to keep the device busy, short enough for their sums to be exact, long enough to pay for a partial. */
function cutSlices(request: Pick<ForwardRequest, "view">, capabilities: Capabilities): number {
  const { count, statistics } = request.view;
  const shortest = isSoftware(capabilities) ? SHORTEST_SLICE.software : SHORTEST_SLICE.gpu;
  const busy = Math.ceil(TARGET_TEAMS[capabilities.adapterClass] / countedRows(statistics, capabilities));
  return Math.max(clamp(busy, 1, Math.ceil(count / shortest)), Math.ceil(count / LONGEST_SLICE));
}

/** How the planes of a statistic, `segments` a repeat and `items` lanes each, are dealt to slices: whole planes, or parts of one. */
export function cutPlanes(
  request: Pick<ForwardRequest, "view">,
  segments: number,
  items: number,
  capabilities: Capabilities,
): { slices: number; item_slices: number; planes_per_slice: number; items_per_slice: number } {
  const planes = request.view.repeats * segments;
  const wanted = cutSlices(request, capabilities);
  const planes_per_slice = Math.max(1, Math.floor(planes / wanted));
  const itemSlices = planes_per_slice > 1 ? 1 : Math.max(1, Math.round(wanted / planes));
  const items_per_slice = Math.ceil(items / itemSlices);
  const item_slices = Math.ceil(items / items_per_slice);
  return { slices: Math.ceil(planes / planes_per_slice) * item_slices, item_slices, planes_per_slice, items_per_slice };
}

function momentsDispatch(request: ForwardRequest, operands: Operands, capabilities: Capabilities): { dispatch: Dispatch; slices: number } {
  const { view } = request;
  const flat = flatLane(request, operands.items, capabilities);
  const ragged = flat !== null;
  const lanes = { ...chooseLanes(operands, request.aligned), ...(flat && { lane: flat }) };
  const items = ragged ? operands.items : operands.items / lanes.lane;
  // Statistics that a team takes one after the other.
  const phases = flat ? wholeAfter(operands.segments * items, flat) : 1;
  const together = view.kept % phases === 0 ? phases : 1;
  const cut = cutPlanes({ view: { ...view, statistics: view.statistics / together } }, operands.segments, items, capabilities);
  const { slices } = cut;
  const teamCount = (view.statistics / together) * slices;
  const teams = isSoftware(capabilities) ? invocationTeams(teamCount, capabilities) : workgroupTeams(teamCount, cut.items_per_slice, 4, capabilities);
  const dispatch = dispatchOf(runMoments, teams, {
    ...lanes,
    flags: {
      ...sourceFlags(request),
      CENTERED: request.statistics === "moments",
      RAGGED: ragged,
      SEGMENTED: operands.segments > 1,
      ...(flat && flatFlags(cut.items_per_slice, flat)),
    },
    params: {
      ...viewsParams({ residual_bias: lanes.views.residual_bias }),
      teams: teamCount,
      together,
      ...cut,
      repeats: view.repeats,
      kept: view.kept,
      segments: operands.segments,
      items,
      zero: 0,
    },
    bindings: { ...sourceBindings(request, operands.roles), partials: "partials" },
  });
  return { dispatch, slices };
}

/** True where the index among the kept statistics is all that a plane's statistic and parameters depend on. */
function isByKept({ view }: ForwardRequest, { segments, roles, views }: Operands): boolean {
  const follows = ({ major, majorCount, majorStride, minorStride }: ParameterView): boolean =>
    minorStride === 0 && (majorStride === 0 || (major === 1 && majorCount === view.kept));
  return view.outer === 1 && segments === 1 && (["gamma", "beta", "residual_bias"] as const).every((role) => !roles[role] || follows(views[role]));
}

/** Planes that an invocation of a CPU takes: enough lanes to pay for it, and no fewer invocations than keep its threads busy. */
function planesOfTeam(planes: number, items: number): number {
  return clamp(Math.ceil(APPLY_LANES.least / items), 1, Math.ceil(planes / APPLY_LANES.teams));
}

function applyDispatch(request: ForwardRequest, operands: Operands, x: string, capabilities: Capabilities): Dispatch {
  const { view } = request;
  const lanes = chooseLanes(operands, request.aligned);
  const items = operands.items / lanes.lane;
  const planes = view.outer * view.repeats * view.kept * operands.segments;
  const width = workgroupTeams(1, items, 1, capabilities).overrides.WORKGROUP;
  const span = Math.min(items, isSoftware(capabilities) ? APPLY_SPAN.software : width * APPLY_SPAN.gpuItems);
  const chunks = Math.ceil(items / span);
  const planesPerTeam = isSoftware(capabilities) && chunks === 1 ? planesOfTeam(planes, items) : 1;
  const teamCount = Math.ceil(planes / planesPerTeam) * chunks;
  const teams = isSoftware(capabilities) ? invocationTeams(teamCount, capabilities) : workgroupTeams(teamCount, items, 1, capabilities);
  const roles = (["gamma", "beta"] as const).filter((role) => operands.roles[role]);
  // No sum over the team is needed, so no subgroup either.
  return dispatchOf(applyRun, teams.team === "cluster" ? { ...teams, team: "workgroup" } : teams, {
    ...lanes,
    flags: {
      ...sourceFlags(request),
      ...applyFlags(request),
      PARAMETERS_VARY: roles.some((role) => lanes.views[role].item !== 0),
      BY_KEPT: isByKept(request, operands),
    },
    params: {
      ...viewsParams(lanes.views),
      ...affineParams(request),
      teams: teamCount,
      chunks,
      planes,
      planes_per_team: planesPerTeam,
      span,
      items,
      segments: operands.segments,
      planes_per_outer: view.repeats * view.kept,
      kept: view.kept,
      statistics_stride: statisticsStride(view.statistics),
    },
    bindings: { ...sourceBindings(request, operands.roles), ...applyBindings(operands.roles), x, statistics: "statistics" },
  });
}
