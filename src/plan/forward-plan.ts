import { sizeOf, stridesOf } from "../core/shape.ts";
import type { Capabilities } from "./capabilities.ts";
import { planColumns } from "./column-plan.ts";
import type { WalkPlan } from "./forward-parts.ts";
import { flatParameter, isRagged } from "./flat-plan.ts";
import { gatherDispatch, permutedStrides } from "./gather-plan.ts";
import { runningSamplesDispatch } from "./merge-plan.ts";
import type { Dispatch, Plan, Walk } from "./plan.ts";
import { statisticsStride, STATISTICS_PLANES, type ForwardRequest, type Running } from "./request.ts";
import { planRows } from "./row-plan.ts";
import { arrangePlanes, planRuns } from "./run-plan.ts";
import { countedRows, isSoftware } from "./teams.ts";
import { GPU_SPLIT_ROWS, RAGGED_ROWS, SHORTEST_RUN, SOFTWARE_ROWS, SPLIT_MINIMUM } from "./thresholds.ts";

/** What to run for a forward call: a pure function of shape, parameters and device. */
export function planForward(request: ForwardRequest, capabilities: Capabilities): Plan {
  if (sizeOf(request.shape) === 0) return { walk: "none", team: "invocation", dispatches: [], scratch: {}, bytesMoved: 0 };
  if (request.view.order) return planGeneral(request, request.view.order, capabilities);
  if (request.running?.towards === "samples") return planSamples(request, request.running, capabilities);
  const expanded = expandResidual(request, capabilities);
  const walk = chooseWalk(request, capabilities);
  return assemble(walk, WALKS[walk](expanded.request, capabilities), expanded.gathers, expanded.scratch, request);
}

const WALKS = { row: planRows, run: planRuns, column: planColumns };

function chooseWalk(request: ForwardRequest, capabilities: Capabilities): keyof typeof WALKS {
  const { repeats, kept, run, outer } = request.view;
  if (request.statistics === "fixed" || request.statistics === "given") return run >= SHORTEST_RUN || kept === 1 ? "run" : "column";
  if (repeats > 1 || kept > 1) return run >= SHORTEST_RUN || kept * run === 1 ? "run" : "column";
  // Running statistics are moved by the merge, and statistics alone are what it gives.
  const few = countedRows(outer, capabilities) < (isSoftware(capabilities) ? SOFTWARE_ROWS : GPU_SPLIT_ROWS);
  return request.running || !request.applies || (few && run >= SPLIT_MINIMUM) || isRaggedRows(request, capabilities) ? "run" : "row";
}

/** Rows that a row kernel would read a value at a time, and runs four. */
function isRaggedRows(request: ForwardRequest, capabilities: Capabilities): boolean {
  if (sizeOf(request.shape) < RAGGED_ROWS.tensor || request.view.run < RAGGED_ROWS.values) return false;
  const planes = arrangePlanes(request, capabilities);
  return isRagged(request, planes.items, capabilities) && flatParameter(planes) !== null;
}

interface Expanded {
  readonly request: ForwardRequest;
  readonly gathers: readonly Dispatch[];
  readonly scratch: Readonly<Record<string, number>>;
}

/** A residual that is broadcast or permuted is first written out in x's shape. */
function expandResidual(request: ForwardRequest, capabilities: Capabilities): Expanded {
  const { shape, residual } = request;
  const own = stridesOf(shape);
  if (!residual || residual.every((stride, axis) => stride === own[axis] || shape[axis] === 1)) return { request, gathers: [], scratch: {} };
  return {
    request: { ...request, residual: own },
    gathers: [gatherDispatch(shape, residual, "residual", "residual_copy", capabilities)],
    scratch: { residual_copy: sizeOf(shape) * 4 },
  };
}

/** The norm of every sample by itself, then the running statistics from the samples' own. */
function planSamples(request: ForwardRequest, running: Running, capabilities: Capabilities): Plan {
  const plan = planForward({ ...request, running: null, writesStatistics: true }, capabilities);
  const own: Record<string, number> = request.writesStatistics ? {} : { statistics: statisticsStride(request.view.statistics) * STATISTICS_PLANES * 4 };
  const moved = runningSamplesDispatch(request, running, capabilities);
  return { ...plan, dispatches: [...plan.dispatches, moved], scratch: { ...plan.scratch, ...own } };
}

/** Axes that alternate too often for a walk: x is brought into rows, normalized there, and brought back. */
function planGeneral(request: ForwardRequest, order: readonly number[], capabilities: Capabilities): Plan {
  const pick = (list: readonly number[]): number[] => order.map((axis) => list[axis]!);
  const shape = pick(request.shape);
  const kept = request.view.axes.outer.length;
  const places = shape.map((_, place) => place);
  const view = { ...request.view, order: null, axes: { outer: places.slice(0, kept), repeats: [], kept: [], run: places.slice(kept) } };
  const parameters = Object.fromEntries(Object.entries(request.parameters).map(([role, strides]) => [role, pick(strides)]));
  const rows = planForward({ ...request, reloadsSum: false, shape, view, parameters, residual: request.residual && pick(request.residual) }, capabilities);
  const rename = (role: string): string => (role === "x" || role === "y" || role === "sum" ? `${role}_rows` : role);
  const inner = rows.dispatches.map((dispatch) => ({
    ...dispatch,
    bindings: Object.fromEntries(Object.entries(dispatch.bindings).map(([binding, role]) => [binding, rename(role)])),
  }));
  const inverse = order.map((_, axis) => order.indexOf(axis));
  const back = (source: string, gathered: string): Dispatch => gatherDispatch(request.shape, permutedStrides(shape, inverse), source, gathered, capabilities);
  const bytes = sizeOf(shape) * 4;
  const innerScratch = Object.fromEntries(Object.entries(rows.scratch).map(([role, size]) => [rename(role), size]));
  return {
    walk: "general",
    team: rows.team,
    dispatches: [
      gatherDispatch(shape, permutedStrides(request.shape, order), "x", "x_rows", capabilities),
      ...inner,
      back("y_rows", "y"),
      ...(request.writesSum ? [back("sum_rows", "sum")] : []),
    ],
    scratch: { ...innerScratch, x_rows: bytes, y_rows: bytes, ...(request.writesSum ? { sum_rows: bytes } : {}) },
    bytesMoved: rows.bytesMoved + bytes * (request.writesSum ? 6 : 4),
  };
}

function assemble(walk: Walk, part: WalkPlan, gathers: readonly Dispatch[], scratch: Readonly<Record<string, number>>, request: ForwardRequest): Plan {
  const renamed = part.dispatches.map((dispatch) =>
    gathers.length && dispatch.bindings["residual"] ? { ...dispatch, bindings: { ...dispatch.bindings, residual: "residual_copy" } } : dispatch,
  );
  const needsStatistics = renamed.some((dispatch) => dispatch.bindings["statistics"]);
  const own: Record<string, number> =
    needsStatistics && !request.writesStatistics && request.statistics !== "given"
      ? { statistics: statisticsStride(request.view.statistics) * STATISTICS_PLANES * 4 }
      : {};
  return {
    walk,
    team: part.team,
    dispatches: [...gathers, ...renamed],
    scratch: { ...part.scratch, ...scratch, ...own },
    bytesMoved: sizeOf(request.shape) * 4 * (part.passes + 2 * gathers.length),
  };
}
