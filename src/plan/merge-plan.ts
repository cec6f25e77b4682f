import fixedStatistics from "../../shaders/fixed-statistics.wgsl";
import mergeMoments from "../../shaders/merge-moments.wgsl";
import runningSamples from "../../shaders/running-samples.wgsl";
import type { Capabilities } from "./capabilities.ts";
import { deviationFlags } from "./forward-parts.ts";
import type { Dispatch } from "./plan.ts";
import { statisticsStride, type ForwardRequest, type Running } from "./request.ts";
import { invocationTeams, isSoftware, workgroupTeams } from "./teams.ts";
import { MERGE_WIDE } from "./thresholds.ts";
import { kernelName } from "./kernels.ts";

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
  const wide = !isSoftware(capabilities) && layout.count >= MERGE_WIDE;
  const teams = wide ? workgroupTeams(view.statistics, layout.count, 4, capabilities) : invocationTeams(view.statistics, capabilities);
  return {
    kernel: kernelName(mergeMoments),
    variant: { lane: 1, parameter: "scalar", team: teams.team },
    overrides: {
      ...teams.overrides,
      ...deviationFlags(request),
      CENTERED: Number(request.statistics === "moments"),
      UPDATES_RUNNING: Number(running !== null),
      ESTIMATED: Number(running?.towards === "estimates"),
      RUNNING_UNBIASED: Number(running?.unbiased === true),
      COUNTED: Number(layout.counted === true),
      SINGLE: Number(isSingle(request, layout, capabilities)),
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
      ...(running ? { running_mean: "running_mean", running_variance: "running_variance" } : {}),
    },
    grid: teams.grid,
  };
}

/** True where a CPU finds one partial for each statistic, in their order: most of what a merge costs it are loops and divisions. */
function isSingle({ view }: MergeRequest, { count, counted, outerStride, keptStride }: PartialLayout, capabilities: Capabilities): boolean {
  return isSoftware(capabilities) && count === 1 && !counted && keptStride === 1 && outerStride === view.kept;
}

/** Mean and variance that are given, brought into the form that the apply kernels read. */
export function fixedStatisticsDispatch(request: ForwardRequest, capabilities: Capabilities): Dispatch {
  const count = request.view.statistics;
  const teams = invocationTeams(count, capabilities);
  return {
    kernel: kernelName(fixedStatistics),
    variant: { lane: 1, parameter: "scalar", team: teams.team },
    overrides: { ...teams.overrides },
    params: { count, statistics_stride: statisticsStride(count), eps: request.eps },
    bindings: { mean: "mean", variance: "variance", statistics: "statistics" },
    grid: teams.grid,
  };
}

/** Running statistics moved towards the average over the samples, from statistics that lie as [samples, channels]. */
export function runningSamplesDispatch({ shape, view }: ForwardRequest, running: Running, capabilities: Capabilities): Dispatch {
  const samples = shape[0]!;
  const channels = view.statistics / samples;
  const wide = !isSoftware(capabilities) && samples >= MERGE_WIDE;
  const teams = wide ? workgroupTeams(channels, samples, 1, capabilities) : invocationTeams(channels, capabilities);
  return {
    kernel: kernelName(runningSamples),
    variant: { lane: 1, parameter: "scalar", team: teams.team },
    overrides: teams.overrides,
    params: {
      teams: channels,
      samples,
      statistics_stride: statisticsStride(view.statistics),
      reciprocal: 1 / samples,
      momentum: running.momentum,
      running_correction: running.unbiased ? view.count / (view.count - 1) : 1,
    },
    bindings: { statistics: "statistics", running_mean: "running_mean", running_variance: "running_variance" },
    grid: teams.grid,
  };
}
