import applyFlat from "../../shaders/apply-flat.wgsl";
import type { ParameterView } from "../core/parameter-view.ts";
import { sizeOf } from "../core/shape.ts";
import type { Capabilities } from "./capabilities.ts";
import { affineParams, applyBindings, applyFlags, isSummed } from "./forward-parts.ts";
import { clamp } from "./grid.ts";
import { kernelName } from "./kernels.ts";
import type { Operands } from "./operands.ts";
import type { Dispatch } from "./plan.ts";
import { statisticsStride, type ForwardRequest } from "./request.ts";
import { invocationTeams, isSoftware } from "./teams.ts";
import { RAGGED } from "./thresholds.ts";

/** True where planes of a length that is no multiple of four can be read as lanes of the whole tensor: on a CPU, where a value at a time costs as much as four. */
export function isRagged(request: ForwardRequest, planeValues: number, capabilities: Capabilities): boolean {
  return (
    isSoftware(capabilities) &&
    // What is chosen here depends on the size of the whole tensor.
    !capabilities.batchInvariant &&
    request.aligned &&
    !isSummed(request) &&
    planeValues % 4 !== 0 &&
    planeValues >= RAGGED.plane &&
    sizeOf(request.shape) % 4 === 0
  );
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

/** The apply of ragged planes; null where their parameters do not lie as they must. */
export function flatApply(request: ForwardRequest, operands: Operands, capabilities: Capabilities): Dispatch | null {
  const parameter = flatParameter(operands);
  if (!isRagged(request, operands.items, capabilities) || !parameter) return null;
  const { view } = request;
  const lanes = sizeOf(request.shape) / 4;
  const span = clamp(Math.ceil(lanes / RAGGED.teams), RAGGED.lanes.least, RAGGED.lanes.most);
  const teams = invocationTeams(Math.ceil(lanes / span), capabilities);
  return {
    kernel: kernelName(applyFlat),
    variant: { lane: 4, parameter: "scalar", team: "invocation" },
    overrides: { ...teams.overrides, ...applyFlags(request) },
    params: {
      ...affineParams(request),
      teams: Math.ceil(lanes / span),
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
    grid: teams.grid,
  };
}
