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
export {
  batchChannelNormBackward,
  batchChannelNormForward,
  type BatchChannelNormArguments,
  type BatchChannelNormBackward,
  type BatchChannelNormForward,
} from "./batch-channel-norm.ts";
export {
  estimatedBatchNormBackward,
  estimatedBatchNormForward,
  type EstimatedBatchNormArguments,
  type EstimatedBatchNormForward,
} from "./estimated-batch-norm.ts";
export { localResponseNormBackward, localResponseNormForward, type LocalResponseNormArguments, type LocalResponseNormForward } from "./local-response-norm.ts";
export { meanVarianceNormBackward, meanVarianceNormForward, type MeanVarianceNormArguments } from "./mean-variance-norm.ts";
