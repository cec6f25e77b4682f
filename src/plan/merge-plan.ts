import fixedStatistics from "../../shaders/fixed-statistics.wgsl";
import mergeMoments from "../../shaders/merge-moments.wgsl";
import runningSamples from "../../shaders/running-samples.wgsl";
import type { Capabilities } from "./capabilities.ts";
import { deviationFlags } from "./forward-parts.ts";
import { dispatchOf } from "./dispatch.ts";
import type { Dispatch } from "./plan.ts";
import { statisticsStride, type ForwardRequest, type Running } from "./request.ts";
import { invocationTeams, isSoftware, mergeTeams } from "./teams.ts";

/** Where the partials of one statistic lie: base + i / inner * step + i % inner, base from the statistic's outer and kept index. */
export interface PartialLayout {
  readonly count: number;
  readonly outerStride: number;
  readonly keptStride: number;
  readonly inner: number;
  readonly step: number;
  /** The partials come from several devices, and only they know how many values there are. */
  readonly counted?: boolean;
}

/** What of a forward request its merge needs. */
export type MergeRequest = Pick<ForwardRequest, "view" | "running" | "statistics" | "eps" | "epsMode" | "correction">;

/** Partials to statistics, and the running statistics moved towards them. */
export function mergeDispatch(request: MergeRequest, layout: PartialLayout, capabilities: Capabilities): Dispatch {
  const { view, running } = request;
  return dispatchOf(mergeMoments, mergeTeams(view.statistics, layout.count, capabilities), {
    flags: {
      ...deviationFlags(request),
      CENTERED: request.statistics === "moments",
      UPDATES_RUNNING: running !== null,
      ESTIMATED: running?.towards === "estimates",
      RUNNING_UNBIASED: running?.unbiased === true,
      COUNTED: layout.counted === true,
      SINGLE: isSingle(request, layout, capabilities),
    },
    params: {
      teams: view.statistics,
      partials_count: layout.count,
      kept: view.kept,
      outer_stride: layout.outerStride,
      kept_stride: layout.keptStride,
      inner: layout.inner,
      step: layout.step,
      statistics_stride: statisticsStride(view.statistics),
      reciprocal: 1 / view.count,
      eps: request.eps,
      momentum: running?.momentum ?? 0,
      zero: 0,
    },
    bindings: {
      partials: "partials",
      statistics: "statistics",
      running_mean: running && "running_mean",
      running_variance: running && "running_variance",
    },
  });
}

/** True where a CPU finds one partial for each statistic, in their order: most of what a merge costs it are loops and divisions. */
function isSingle({ view }: MergeRequest, { count, counted, outerStride, keptStride }: PartialLayout, capabilities: Capabilities): boolean {
  return isSoftware(capabilities) && count === 1 && !counted && keptStride === 1 && outerStride === view.kept;
}

/** Mean and variance that are given, brought into the form that the apply kernels read. */
export function fixedStatisticsDispatch(request: ForwardRequest, capabilities: Capabilities): Dispatch {
  const count = request.view.statistics;
  return dispatchOf(fixedStatistics, invocationTeams(count, capabilities), {
    params: { count, statistics_stride: statisticsStride(count), eps: request.eps },
    bindings: { mean: "mean", variance: "variance", statistics: "statistics" },
  });
}

/** Running statistics moved towards the average over the samples, from statistics that lie as [samples, channels]. */
export function runningSamplesDispatch({ shape, view }: ForwardRequest, running: Running, capabilities: Capabilities): Dispatch {
  const samples = shape[0]!;
  const channels = view.statistics / samples;
  return dispatchOf(runningSamples, mergeTeams(channels, samples, capabilities, 1), {
    params: {
      teams: channels,
      samples,
      statistics_stride: statisticsStride(view.statistics),
      reciprocal: 1 / samples,
      momentum: running.momentum,
      running_correction: running.unbiased ? view.count / (view.count - 1) : 1,
    },
    bindings: { statistics: "statistics", running_mean: "running_mean", running_variance: "running_variance" },
  });
}
