import { sizeOf } from "../core/shape.ts";
import { statisticsView } from "../core/statistics-view.ts";
import { contains, planBackward, reducedAxes, stillAxes } from "./backward-plan.ts";
import type { BackwardRequest } from "./backward-request.ts";
import type { Capabilities } from "./capabilities.ts";
import { applyGradient } from "./gradient-apply.ts";
import { fieldOf } from "./gradient-lines.ts";
import { condense, mergeLayout, statisticMerge } from "./gradient-merge.ts";
import { sumGradients } from "./gradient-sums.ts";
import type { Plan } from "./plan.ts";
import { CHANNEL_GRADIENTS } from "./walks.ts";

/** Values of one partial of gradients: n, s, sum of e, sum of e * xhat, sum of xhat, sum of h, and two that say nothing; e = h - s. */
export const GRADIENT_VALUES = 8;

const NOTHING = { dx: false, dgamma: false, dbeta: false, dmean: false, dvariance: false } as const;

/** gamma is the same for all values of a channel: it multiplies dx as a whole. */
function isFactored(request: BackwardRequest): boolean {
  return contains(stillAxes(request, request.parameters.gamma), reducedAxes(request));
}

/** dy to one partial a channel, in the tensor `moments`, for other devices to merge; and to dgamma and dbeta of this device's share. */
export function planGradientMoments(request: BackwardRequest, capabilities: Capabilities): Plan {
  const parameters = planBackward({ ...request, isShare: true, wants: { ...request.wants, dx: false } }, capabilities);
  if (sizeOf(request.shape) === 0) return parameters;
  const reduced = reducedAxes(request);
  const weighted = request.parameters.gamma !== undefined && !isFactored(request);
  const partials = sumGradients(request, fieldOf(request), { reduced, weighted, plain: false }, "statistics", capabilities);
  return {
    ...parameters,
    walk: partials.columns ? "column" : "run",
    team: partials.dispatch.variant.team,
    dispatches: [
      ...partials.gathers,
      partials.dispatch,
      condense(partials, mergeLayout(partials, reduced)!, "moments", capabilities),
      ...parameters.dispatches,
    ],
    scratch: { ...partials.scratch, ...parameters.scratch },
    bytesMoved: parameters.bytesMoved * 2,
  };
}

/** Partials of several devices, [devices, channels, 8] in the tensor `partials`, to the tensor `coefficients`. */
export function planMergeGradients(channels: number, devices: number, capabilities: Capabilities): Plan {
  const view = statisticsView([1, channels], [0]);
  const request: BackwardRequest = {
    walks: CHANNEL_GRADIENTS,
    shape: [1, channels],
    view,
    parameters: {},
    statistics: "moments",
    subtractsMean: true,
    activation: "none",
    eps: 0,
    epsMode: "insideVariance",
    correction: 0,
    gammaScale: 1,
    gammaShift: 0,
    hasDsum: false,
    wants: NOTHING,
    accumulates: false,
    aligned: true,
  };
  const params = { partials_count: devices, kept: 1, outer_stride: 1, kept_stride: 0, inner: 1, step: channels };
  const merge = statisticMerge(request, { role: "partials" }, { view, params, counted: true }, null, capabilities);
  // The statistics themselves are not needed: eps stands inside the root, and nothing was given.
  const dispatch = { ...merge, bindings: { partials: "partials", coefficients: "coefficients" } };
  return { walk: "column", team: dispatch.variant.team, dispatches: [dispatch], scratch: {}, bytesMoved: channels * devices * GRADIENT_VALUES * 4 };
}

/** dx with the coefficients of the whole batch, in the tensor `coefficients`. */
export function planApplyGradients(request: BackwardRequest, capabilities: Capabilities): Plan {
  const apply = applyGradient(request, fieldOf(request), isFactored(request), capabilities);
  return {
    walk: apply.columns ? "column" : "run",
    team: apply.dispatch.variant.team,
    dispatches: [...apply.gathers, apply.dispatch],
    scratch: apply.scratch,
    bytesMoved: request.view.statistics * request.view.count * 12,
  };
}
