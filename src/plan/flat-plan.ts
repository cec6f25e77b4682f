import applyFlat from "../../shaders/apply-flat.wgsl";
import rowFlat from "../../shaders/row-flat.wgsl";
import type { ParameterView } from "../core/parameter-view.ts";
import { sizeOf } from "../core/shape.ts";
import type { Capabilities } from "./capabilities.ts";
import { dispatchOf } from "./dispatch.ts";
import { affineParams, applyBindings, applyFlags, isSummed, unsummedFlags, wholeBindings, wholeParams, wholePasses, type WalkPlan } from "./forward-parts.ts";
import { clamp } from "./grid.ts";
import { arrangeParameters, type Operands } from "./operands.ts";
import type { Dispatch } from "./plan.ts";
import { statisticsStride, type ForwardRequest } from "./request.ts";
import { invocationTeams, isSoftware } from "./teams.ts";
import { APPLY_LANES, FEW_PROBES, LONGEST_SLICE, RAGGED, RAGGED_ROWS, SHORT_ROW, SOFTWARE_UNROLLED } from "./thresholds.ts";

/** Planes: the run, or the segments of it within which parameters are linear. */
export function arrangePlanes(request: ForwardRequest, capabilities: Capabilities): Operands {
  const { outer, repeats, kept, run } = request.view.axes;
  return arrangeParameters(request.shape, request.parameters, { rows: [...outer, ...repeats, ...kept], segments: "fold", items: run }, capabilities);
}

/**
 * Values a lane where planes are read as lanes of the whole tensor, wherever they start and end: on a CPU, where a value at a time costs as much as four. Four values where planes are no multiple of it or short; one where a
 * plane is shorter than a lane, or short and the tensor is no whole number of lanes; null where planes are read otherwise.
 */
export function flatLane(request: ForwardRequest, planeValues: number, capabilities: Capabilities): 1 | 4 | null {
  // What is chosen here depends on the size of the whole tensor.
  if (!isSoftware(capabilities) || capabilities.batchInvariant || isSummed(request)) return null;
  const isWhole = request.aligned && sizeOf(request.shape) % 4 === 0 && planeValues >= RAGGED.plane;
  if (isWhole) return planeValues % 4 !== 0 || heldLanes(planeValues, 4) > 0 ? 4 : null;
  return heldLanes(planeValues, 1) > 0 ? 1 : null;
}

/** gamma and beta as a flat walk counts them: one after the other from plane to plane, and from the first again after `count`. Null where they lie otherwise. */
export function flatParameter({ roles, views }: Pick<Operands, "roles" | "views">): { count: number; stride: number } | null {
  const own = (["gamma", "beta"] as const).filter((role) => roles[role]).map((role) => views[role]);
  const [first] = own;
  if (!first) return { count: 1, stride: 0 };
  const isCounted = ({ major, minorStride, item, segment }: ParameterView): boolean => major === 1 && minorStride === 0 && item === 0 && segment === 0;
  const isAlike = (view: ParameterView): boolean => view.majorCount === first.majorCount && view.majorStride === first.majorStride;
  return own.every((view) => isCounted(view) && isAlike(view)) ? { count: first.majorCount, stride: first.majorStride } : null;
}

/** True where gamma or beta are there, stay the same along a plane of several values, and planes are taken as lanes of the whole tensor. */
export function isFlat(request: ForwardRequest, capabilities: Capabilities): boolean {
  const { gamma, beta } = request.parameters;
  if (!(gamma ?? beta) || request.view.run === 1 || !flatLane(request, request.view.run, capabilities)) return false;
  const planes = arrangePlanes(request, capabilities);
  return planes.items === request.view.run && flatParameter(planes) !== null;
}

/** Planes, or rows, of this many values that together are whole lanes: 1, 2 or 4. */
export function wholeAfter(values: number, lane: 1 | 4 = 4): number {
  if (lane === 1 || values % 4 === 0) return 1;
  return values % 2 === 0 ? 2 : 4;
}

/** Lanes that a plane lies in at most, wherever in a lane it starts; 0 where they are too many to be held in registers. */
function heldLanes(values: number, lane: 1 | 4): number {
  const lanes = lane === 1 ? values : Math.ceil((values + [0, 3, 2, 3][values % 4]!) / 4);
  return lanes <= RAGGED.held ? lanes : 0;
}

/** How the kernels of flat planes take those of so many values. */
export function flatFlags(values: number, lane: 1 | 4 = 4): Record<string, number> {
  return { ONE_CHAIN: Number(values <= SHORT_ROW * 4), HELD: heldLanes(values, lane), SEAMS: Number(values % lane !== 0) };
}

/** The apply of ragged planes; null where their parameters do not lie as they must. */
export function flatApply(request: ForwardRequest, operands: Operands, capabilities: Capabilities): Dispatch | null {
  const parameter = flatParameter(operands);
  const lane = flatLane(request, operands.items, capabilities);
  if (!lane || !parameter) return null;
  const { view } = request;
  const lanes = sizeOf(request.shape) / lane;
  const wanted = clamp(Math.ceil(lanes / RAGGED.teams), RAGGED.lanes.least, RAGGED.lanes.most);
  // Teams that start at the same place of a lane go through their planes in step.
  const together = (wholeAfter(operands.items, lane) * operands.items) / lane;
  const span = wanted < together ? wanted : Math.ceil(wanted / together) * together;
  const count = Math.ceil(lanes / span);
  const byKept = view.outer === 1 && operands.segments === 1 && (parameter.count === view.kept || parameter.stride === 0);
  return dispatchOf(applyFlat, invocationTeams(count, capabilities), {
    lane,
    flags: { ...applyFlags(request), BY_KEPT: byKept, ...flatFlags(operands.items, lane) },
    params: {
      ...affineParams(request),
      teams: count,
      span,
      lanes,
      plane_values: operands.items,
      segments: operands.segments,
      kept: view.kept,
      repeats: view.repeats,
      parameter_count: parameter.count,
      parameter_stride: parameter.stride,
      statistics_stride: statisticsStride(view.statistics),
    },
    bindings: { x: "x", ...applyBindings(operands.roles), statistics: "statistics" },
  });
}

/** Rows that a row kernel would read a value at a time, and runs four. */
export function isRaggedRows(request: ForwardRequest, capabilities: Capabilities): boolean {
  if (sizeOf(request.shape) < RAGGED_ROWS.tensor || request.view.run < RAGGED_ROWS.values) return false;
  const planes = arrangePlanes(request, capabilities);
  return flatLane(request, planes.items, capabilities) !== null && flatParameter(planes) !== null;
}

/** Rows that are ragged, in one dispatch; null where it cannot be. */
export function planFlatRows(request: ForwardRequest, capabilities: Capabilities): WalkPlan | null {
  const { view } = request;
  const operands = arrangePlanes(request, capabilities);
  const parameter = flatParameter(operands);
  const lane = flatLane(request, view.run, capabilities);
  if (!lane || operands.segments > 1 || !parameter || view.run > LONGEST_SLICE) return null;
  const flags = flatFlags(view.run, lane);
  // A small tensor gets the kernel that compiles fast.
  if (sizeOf(request.shape) < SOFTWARE_UNROLLED && (flags["HELD"] === 0 || view.run > RAGGED.small)) return null;
  const together = wholeAfter(view.run, lane);
  const most = Math.ceil(view.outer / APPLY_LANES.teams / together);
  const rows = together * clamp(Math.ceil((APPLY_LANES.least * lane) / view.run / together), 1, most);
  const count = Math.ceil(view.outer / rows);
  const row = dispatchOf(rowFlat, invocationTeams(count, capabilities), {
    lane,
    flags: { ...unsummedFlags(request), ...flags, SHORT: view.run < FEW_PROBES },
    params: {
      ...wholeParams(request),
      teams: count,
      rows: view.outer,
      rows_per_team: rows,
      plane_values: view.run,
      parameter_count: parameter.count,
      parameter_stride: parameter.stride,
    },
    bindings: wholeBindings(request, operands.roles),
  });
  return { team: "invocation", dispatches: [...operands.gathers, row], scratch: operands.scratch, passes: wholePasses(request) };
}
