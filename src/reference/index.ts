export type { Float64NdArray, NdArray } from "./nd-array.ts";
export type { NormArguments, NormForward } from "./normalize.ts";
export type { NormBackward } from "./gradient.ts";
export type { RunningArguments, RunningStatistics } from "./running-statistics.ts";
export { batchNormBackward, batchNormForward, type BatchNormArguments, type BatchNormForward } from "./batch-norm.ts";
export { groupNormBackward, groupNormForward, type GroupNormArguments } from "./group-norm.ts";
export { instanceNormBackward, instanceNormForward, type InstanceNormArguments, type InstanceNormForward } from "./instance-norm.ts";
export { layerNormBackward, layerNormForward, type LayerNormArguments } from "./layer-norm.ts";
export { rmsNormBackward, rmsNormForward, type RMSNormArguments } from "./rms-norm.ts";
export { lpNormBackward, lpNormForward, type LpNormArguments, type LpNormForward } from "./lp-norm.ts";
export { initialG, weightNormBackward, weightNormForward, type WeightNormArguments, type WeightNormBackward, type WeightNormForward } from "./weight-norm.ts";
export {
  weightStandardizationBackward,
  weightStandardizationForward,
  type WeightStandardizationArguments,
  type WeightStandardizationBackward,
  type WeightStandardizationForward,
} from "./weight-standardization.ts";
