import applyColumn from "../../shaders/apply-column.wgsl";
import columnMoments from "../../shaders/column-moments.wgsl";
import columnNorm from "../../shaders/column-norm.wgsl";
import type { Capabilities } from "./capabilities.ts";
import { dispatchOf } from "./dispatch.ts";
import {
  affineParams,
  applyBindings,
  applyFlags,
  halves,
  isSummed,
  sourceBindings,
  sourceFlags,
  viewsParams,
  wholeBindings,
  wholeFlags,
  wholeParams,
  wholePasses,
  type WalkPlan,
} from "./forward-parts.ts";
import { clamp } from "./grid.ts";
import { mergeDispatch } from "./merge-plan.ts";
import { arrangeParameters, chooseLanes, type Lanes, type Operands } from "./operands.ts";
import type { Dispatch } from "./plan.ts";
import { statisticsStride, type ForwardRequest } from "./request.ts";
import { invocationTeams, isSoftware } from "./teams.ts";
import { COLUMN_REPEATS, COLUMN_TEAMS, LONGEST_SLICE } from "./thresholds.ts";
import { givenStatistics } from "./run-plan.ts";

/** Short runs: invocations lie along the columns and go down the repeats; whole ones in one dispatch, or slices of them. */
export function planColumns(request: ForwardRequest, capabilities: Capabilities, split: boolean): WalkPlan {
  if (request.statistics === "fixed" || request.statistics === "given") {
    const operands = arrangeColumns(request, capabilities);
    const apply = applyDispatch(request, operands, "x", capabilities, foldOf(request, operands, capabilities));
    const dispatches = [...operands.gathers, ...givenStatistics(request, capabilities), apply];
    return { team: "invocation", dispatches, scratch: operands.scratch, passes: wholePasses(request) };
  }
  const whole = arrangeColumns(request, capabilities);
  if (split) return planSplitColumns(request, foldOf(request, whole, capabilities), capabilities);
  const dispatches = [...whole.gathers, normDispatch(request, whole, chooseLanes(whole, request.aligned), capabilities)];
  return { team: "invocation", dispatches, scratch: whole.scratch, passes: wholePasses(request) };
}

/** Repeats that are walked side by side as one, so that lanes of four stay whole; 1 where they are so anyway, or cannot be. On a CPU, where a value costs as much as four. */
function foldOf(request: ForwardRequest, operands: Operands, capabilities: Capabilities): number {
  const width = operands.items;
  const fold = width % 4 === 0 ? 1 : width % 2 === 0 ? 2 : 4;
  const still = (["gamma", "beta"] as const).every((role) => !operands.roles[role] || operands.views[role].segment === 0);
  return isSoftware(capabilities) && request.aligned && !isSummed(request) && still && request.view.repeats % fold === 0 ? fold : 1;
}

/** The view of columns in which `fold` repeats count as one. */
function folded(request: ForwardRequest, fold: number): Pick<ForwardRequest, "view"> {
  return { view: { ...request.view, repeats: request.view.repeats / fold } };
}

function planSplitColumns(request: ForwardRequest, fold: number, capabilities: Capabilities): WalkPlan {
  const parts = halves(request);
  const { kept, run } = request.view;
  const summedOperands = arrangeColumns(parts.moments, capabilities);
  const moments = momentsDispatch(parts.moments, summedOperands, fold, capabilities);
  const width = kept * run;
  const layout = { count: moments.slices * fold * run, outerStride: moments.slices * fold * width, keptStride: run, inner: run, step: width };
  const operands = arrangeColumns(parts.apply, capabilities);
  return {
    team: "invocation",
    dispatches: [
      ...summedOperands.gathers,
      moments.dispatch,
      mergeDispatch(request, layout, capabilities),
      ...(request.applies ? [...operands.gathers, applyDispatch(parts.apply, operands, parts.applied, capabilities, fold)] : []),
    ],
    scratch: { ...parts.scratch, ...summedOperands.scratch, ...operands.scratch, partials: request.view.outer * moments.slices * fold * width * 16 },
    passes: parts.passes,
  };
}

function arrangeColumns(request: ForwardRequest, capabilities: Capabilities): Operands {
  const { outer, repeats, kept, run } = request.view.axes;
  return arrangeParameters(request.shape, request.parameters, { rows: outer, segments: repeats, items: [...kept, ...run] }, capabilities);
}

function variesByRepeat(lanes: Lanes, operands: Operands): boolean {
  return (["gamma", "beta"] as const).some((role) => operands.roles[role] && lanes.views[role].segment !== 0);
}

/** Repeats cut so that enough columns are in flight, and none is longer than its sums stay exact. */
export function cutRepeats(
  request: Pick<ForwardRequest, "view">,
  columns: number,
  least: number,
  most: number,
  capabilities: Capabilities,
): { slices: number; repeats_per_slice: number } {
  const { repeats } = request.view;
  const wanted = Math.ceil((isSoftware(capabilities) ? COLUMN_TEAMS.software : COLUMN_TEAMS.gpu) / columns);
  const slices = Math.max(clamp(wanted, 1, Math.ceil(repeats / least)), Math.ceil(repeats / most));
  const repeats_per_slice = Math.ceil(repeats / slices);
  return { slices: Math.ceil(repeats / repeats_per_slice), repeats_per_slice };
}

/** Lanes of four where repeats are folded; parameters are then read a value at a time. */
function foldedLanes(lanes: Lanes, fold: number): Lanes {
  return fold > 1 ? { ...lanes, lane: 4 } : lanes;
}

function normDispatch(request: ForwardRequest, operands: Operands, lanes: Lanes, capabilities: Capabilities): Dispatch {
  const { view } = request;
  const items = operands.items / lanes.lane;
  return dispatchOf(columnNorm, invocationTeams(view.outer * items, capabilities), {
    ...lanes,
    flags: { ...wholeFlags(request), PARAMETERS_VARY: variesByRepeat(lanes, operands) },
    params: {
      ...viewsParams(lanes.views),
      ...wholeParams(request),
      teams: view.outer * items,
      repeats: view.repeats,
      items,
    },
    bindings: wholeBindings(request, operands.roles),
  });
}

function momentsDispatch(request: ForwardRequest, operands: Operands, fold: number, capabilities: Capabilities): { dispatch: Dispatch; slices: number } {
  const { view } = folded(request, fold);
  const lanes = foldedLanes(chooseLanes(operands, request.aligned), fold);
  const items = (operands.items * fold) / lanes.lane;
  const cut = cutRepeats({ view }, view.outer * items, COLUMN_REPEATS.moments, LONGEST_SLICE, capabilities);
  const teamCount = view.outer * cut.slices * items;
  const dispatch = dispatchOf(columnMoments, invocationTeams(teamCount, capabilities), {
    ...lanes,
    flags: { ...sourceFlags(request), CENTERED: request.statistics === "moments" },
    params: { ...viewsParams({ residual_bias: lanes.views.residual_bias }), teams: teamCount, repeats: view.repeats, items, ...cut, zero: 0 },
    bindings: { ...sourceBindings(request, operands.roles), partials: "partials" },
  });
  return { dispatch, slices: cut.slices };
}

function applyDispatch(request: ForwardRequest, operands: Operands, x: string, capabilities: Capabilities, fold: number): Dispatch {
  const { view } = folded(request, fold);
  const lanes = foldedLanes(chooseLanes(operands, request.aligned), fold);
  const items = (operands.items * fold) / lanes.lane;
  const cut = cutRepeats({ view }, view.outer * items, COLUMN_REPEATS.apply, view.repeats, capabilities);
  const teamCount = view.outer * cut.slices * items;
  return dispatchOf(applyColumn, invocationTeams(teamCount, capabilities), {
    ...lanes,
    flags: {
      ...sourceFlags(request),
      ...applyFlags(request),
      PARAMETERS_VARY: variesByRepeat(lanes, operands),
      FOLDED: fold > 1,
    },
    params: {
      ...viewsParams(lanes.views),
      ...affineParams(request),
      teams: teamCount,
      repeats: view.repeats,
      items,
      ...cut,
      kept: view.kept,
      run: view.run,
      width: operands.items,
      statistics_stride: statisticsStride(view.statistics),
    },
    bindings: { ...sourceBindings(request, operands.roles), ...applyBindings(operands.roles), x, statistics: "statistics" },
  });
}
