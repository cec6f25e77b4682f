export type { NdArray, Float64NdArray } from "./nd-array.ts";
export type { NormArguments, NormBackward, NormForward } from "./normalize.ts";
export { batchNormBackward, batchNormForward, type BatchNormArguments, type BatchNormForward } from "./batch-norm.ts";
export { groupNormBackward, groupNormForward, type GroupNormArguments } from "./group-norm.ts";
export { instanceNormBackward, instanceNormForward, type InstanceNormArguments } from "./instance-norm.ts";
export { layerNormBackward, layerNormForward, type LayerNormArguments } from "./layer-norm.ts";
export { rmsNormBackward, rmsNormForward, type RMSNormArguments } from "./rms-norm.ts";
