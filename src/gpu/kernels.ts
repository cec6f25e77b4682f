import applyColumn from "../../shaders/apply-column.wgsl";
import applyGradient from "../../shaders/apply-gradient.wgsl";
import applyRun from "../../shaders/apply-run.wgsl";
import columnMoments from "../../shaders/column-moments.wgsl";
import columnNorm from "../../shaders/column-norm.wgsl";
import exportMoments from "../../shaders/export-moments.wgsl";
import fixedStatistics from "../../shaders/fixed-statistics.wgsl";
import gather from "../../shaders/gather.wgsl";
import localResponseNorm from "../../shaders/local-response-norm.wgsl";
import localResponseNormBackward from "../../shaders/local-response-norm-backward.wgsl";
import mergeGradient from "../../shaders/merge-gradient.wgsl";
import mergeMoments from "../../shaders/merge-moments.wgsl";
import narrow from "../../shaders/narrow.wgsl";
import packedStandardize from "../../shaders/packed-standardize.wgsl";
import packedStandardizeBackward from "../../shaders/packed-standardize-backward.wgsl";
import packedWeightNorm from "../../shaders/packed-weight-norm.wgsl";
import packedWeightNormBackward from "../../shaders/packed-weight-norm-backward.wgsl";
import pNormApply from "../../shaders/p-norm-apply.wgsl";
import pNormColumn from "../../shaders/p-norm-column.wgsl";
import pNormColumnBackward from "../../shaders/p-norm-column-backward.wgsl";
import pNormMerge from "../../shaders/p-norm-merge.wgsl";
import pNormRow from "../../shaders/p-norm-row.wgsl";
import pNormRowBackward from "../../shaders/p-norm-row-backward.wgsl";
import pNormSlices from "../../shaders/p-norm-slices.wgsl";
import mergeParameter from "../../shaders/merge-parameter.wgsl";
import activationSlope from "../../shaders/prelude/activation-slope.wgsl";
import activation from "../../shaders/prelude/activation.wgsl";
import affine from "../../shaders/prelude/affine.wgsl";
import gradientLine from "../../shaders/prelude/gradient-line.wgsl";
import half from "../../shaders/prelude/half.wgsl";
import lane1 from "../../shaders/prelude/lane.1.wgsl";
import lane4 from "../../shaders/prelude/lane.4.wgsl";
import localResponse from "../../shaders/prelude/local-response.wgsl";
import moments from "../../shaders/prelude/moments.wgsl";
import packedGain from "../../shaders/prelude/packed-gain.wgsl";
import packedRow from "../../shaders/prelude/packed-row.wgsl";
import parameterView from "../../shaders/prelude/parameter-view.wgsl";
import parameterLane from "../../shaders/prelude/parameter.lane.wgsl";
import parameterScalar from "../../shaders/prelude/parameter.scalar.wgsl";
import power from "../../shaders/prelude/power.wgsl";
import record from "../../shaders/prelude/record.wgsl";
import resultF16Of1 from "../../shaders/prelude/result.f16.1.wgsl";
import resultF16Of4 from "../../shaders/prelude/result.f16.4.wgsl";
import rowSums from "../../shaders/prelude/row-sums.wgsl";
import resultF32 from "../../shaders/prelude/result.f32.wgsl";
import resultPackedOf4 from "../../shaders/prelude/result.packed.4.wgsl";
import sourceF16Of1 from "../../shaders/prelude/source.f16.1.wgsl";
import sourceF16Of4 from "../../shaders/prelude/source.f16.4.wgsl";
import rowGradient from "../../shaders/prelude/row-gradient.wgsl";
import sourceF32 from "../../shaders/prelude/source.f32.wgsl";
import sourcePackedOf1 from "../../shaders/prelude/source.packed.1.wgsl";
import sourcePackedOf4 from "../../shaders/prelude/source.packed.4.wgsl";
import teamCluster from "../../shaders/prelude/team.cluster.wgsl";
import teamInvocation from "../../shaders/prelude/team.invocation.wgsl";
import teamSubgroup from "../../shaders/prelude/team.subgroup.wgsl";
import teamWorkgroup from "../../shaders/prelude/team.workgroup.wgsl";
import rowBackwardHold from "../../shaders/row-backward-hold.wgsl";
import rowBackwardSegments from "../../shaders/row-backward-segments.wgsl";
import rowBackward from "../../shaders/row-backward.wgsl";
import rowHold from "../../shaders/row-hold.wgsl";
import rowStream from "../../shaders/row-stream.wgsl";
import runMoments from "../../shaders/run-moments.wgsl";
import runningSamples from "../../shaders/running-samples.wgsl";
import sumGradient from "../../shaders/sum-gradient.wgsl";
import sumPartials from "../../shaders/sum-partials.wgsl";
import widen from "../../shaders/widen.wgsl";
import type { KernelBinding, KernelModule, PreludeModule } from "../core/wgsl.d.ts";
import type { Variant } from "../plan/plan.ts";

/** Every kernel by the stem of its file. */
export const KERNELS: ReadonlyMap<string, KernelModule> = new Map(
  [
    applyColumn,
    applyGradient,
    applyRun,
    columnMoments,
    columnNorm,
    exportMoments,
    fixedStatistics,
    gather,
    localResponseNorm,
    localResponseNormBackward,
    mergeGradient,
    mergeMoments,
    mergeParameter,
    narrow,
    packedStandardize,
    packedStandardizeBackward,
    packedWeightNorm,
    packedWeightNormBackward,
    pNormApply,
    pNormColumn,
    pNormColumnBackward,
    pNormMerge,
    pNormRow,
    pNormRowBackward,
    pNormSlices,
    rowBackward,
    rowBackwardHold,
    rowBackwardSegments,
    rowHold,
    rowStream,
    runMoments,
    runningSamples,
    sumGradient,
    sumPartials,
    widen,
  ].map((kernel) => [kernel.name, kernel]),
);

/** Kernels that sum windows of channels. */
const WINDOWED = new Set(["local-response-norm", "local-response-norm-backward"]);

const LANES = { 1: lane1, 4: lane4 };
const PARAMETERS = { scalar: parameterScalar, lane: parameterLane };
const SOURCES = { f32: { 1: sourceF32, 4: sourceF32 }, f16: { 1: sourceF16Of1, 4: sourceF16Of4 }, packed: { 1: sourcePackedOf1, 4: sourcePackedOf4 } };
/** Two values that lie in one word cannot be written by two invocations: packed results are four to a lane. */
const RESULTS = { f32: { 1: resultF32, 4: resultF32 }, f16: { 1: resultF16Of1, 4: resultF16Of4 }, packed: { 1: null, 4: resultPackedOf4 } };
const TEAMS = { invocation: teamInvocation, subgroup: teamSubgroup, workgroup: teamWorkgroup, cluster: teamCluster };

/** Kernels that go through x and dy line by line. */
const ALONG_LINES = new Set([applyGradient.name, sumGradient.name]);

/** The prelude files of a kernel's variant: one of each axis, those that every kernel may use, and those that go with a binding. */
export function preludeOf(kernel: KernelModule, variant: Variant): PreludeModule[] {
  const has = (name: string, kinds: readonly string[]): boolean => kernel.bindings.some((binding) => binding.name === name && kinds.includes(binding.kind));
  const { source = "f32", result = "f32" } = variant;
  const own = RESULTS[result][variant.lane];
  if (!own) throw new Error(`${kernel.name}: results of one value a lane cannot be packed`);
  return [
    LANES[variant.lane],
    PARAMETERS[variant.parameter],
    TEAMS[variant.team],
    ...(source !== "f32" || result !== "f32" || has("narrowed", ["read_write"]) ? [half] : []),
    SOURCES[source][variant.lane],
    own,
    parameterView,
    moments,
    activation,
    ...(has("table", ["read"]) ? [packedRow] : []),
    // Kernels that sum rows too long to be held.
    ...(kernel.name === "row-stream" || has("table", ["read"]) ? [rowSums] : []),
    ...(has("gain", ["read"]) ? [packedGain] : []),
    ...(kernel.name.startsWith("row-backward") ? [rowGradient] : []),
    ...(has("gamma", ["read"]) ? [affine] : []),
    ...(has("dy", ["read"]) ? [activationSlope] : []),
    ...(ALONG_LINES.has(kernel.name) ? [gradientLine] : []),
    ...(has("statistics", ["read_write"]) ? [record] : []),
    ...(WINDOWED.has(kernel.name) ? [power, localResponse] : []),
    ...(has("norm", ["read", "read_write"]) ? [power] : []),
  ];
}

/** Element types of a kernel's storage bindings, by name, with how each is bound: what plan/storage.ts needs to know of a kernel. */
export function bindingsOf(kernel: string): readonly KernelBinding[] {
  return KERNELS.get(kernel)?.bindings ?? [];
}
