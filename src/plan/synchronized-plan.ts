import exportMoments from "../../shaders/export-moments.wgsl";
import { statisticsView } from "../core/statistics-view.ts";
import type { Capabilities } from "./capabilities.ts";
import { dispatchOf } from "./dispatch.ts";
import { planForward } from "./forward-plan.ts";
import { gatherDispatch } from "./gather-plan.ts";
import { mergeDispatch, type MergeRequest } from "./merge-plan.ts";
import type { Plan } from "./plan.ts";
import { statisticsStride, STATISTICS_PLANES, type ForwardRequest } from "./request.ts";
import { invocationTeams } from "./teams.ts";

/** Values of one partial: n, shift, sum of e, sum of e^2 with e = x - shift. */
export const PARTIAL_VALUES = 4;

/** x to one partial a channel, in the tensor `moments`, for other devices to merge. `request.applies` is false. */
export function planMoments(request: ForwardRequest, capabilities: Capabilities): Plan {
  const { statistics: channels, count } = request.view;
  const inner = planForward(request, capabilities);
  const statistics_stride = statisticsStride(channels);
  return {
    ...inner,
    scratch: { ...inner.scratch, statistics: statistics_stride * STATISTICS_PLANES * 4 },
    dispatches: [
      ...inner.dispatches,
      dispatchOf(exportMoments, invocationTeams(channels, capabilities), {
        params: { count: channels, values: count, statistics_stride },
        bindings: { statistics: "statistics", partials: "moments" },
      }),
    ],
  };
}

/** Partials of several devices, [devices, channels, 4] in the tensor `partials`, to the tensor `statistics`; running statistics move on the way. */
export function planMergeMoments(
  channels: number,
  devices: number,
  { eps, running }: Pick<ForwardRequest, "eps" | "running">,
  capabilities: Capabilities,
): Plan {
  const view = statisticsView([1, channels], [0]);
  const request: MergeRequest = { view, eps, running, statistics: "moments", epsMode: "insideVariance", correction: 0 };
  const layout = { count: devices, outerStride: 1, keptStride: 1, inner: 1, step: channels, counted: true };
  const dispatch = mergeDispatch(request, layout, capabilities);
  return { walk: "column", team: dispatch.variant.team, dispatches: [dispatch], scratch: {}, bytesMoved: channels * devices * PARTIAL_VALUES * 4 };
}

/** A tensor of so many values copied into another. */
export function planCopy(count: number, capabilities: Capabilities): Plan {
  const dispatch = gatherDispatch([count], [1], "source", "gathered", capabilities);
  return { walk: "none", team: "invocation", dispatches: [dispatch], scratch: {}, bytesMoved: count * 8 };
}
