export { NormgpuError, ShapeError, OptionError, TensorError, UnsupportedError, LimitError, ShaderError, DeviceLostError, FormatError } from "./core/errors.ts";
export type { Activation } from "./core/activation.ts";
export type { Layout, Shape } from "./core/shape.ts";
export { tune, type TunableLayer, type TuneCase, type TuneOptions, type TuneResult } from "./tune/tune.ts";
export type { Timing } from "./tune/contest.ts";
export { exportTuning, importTuning, type ImportResult } from "./tune/table.ts";
export { localTuning, type TuningStorage } from "./tune/storage.ts";
export type { Choice } from "./plan/choice.ts";
export type { CallShape } from "./layers/norm.ts";
export type { Capabilities, AdapterClass } from "./plan/capabilities.ts";
export type { Dispatch, Grid, Plan, Storage, Team, Variant, Walk } from "./plan/plan.ts";
export type { Dtype } from "./core/dtype.ts";
export { Gpu } from "./gpu/device.ts";
export { Pack, type PackPart } from "./gpu/pack.ts";
export { Tensor } from "./gpu/tensor.ts";
export { Saved } from "./layers/saved.ts";
export type { BackwardOptions, BackwardResult } from "./layers/backward.ts";
export type { AffineParameters, ForwardOptions, ForwardResult } from "./layers/forward.ts";
export { BatchNorm, batchNorm, batchNormBackward, type BatchNormClassOptions, type BatchNormOptions } from "./layers/batch-norm.ts";
export { LayerNorm, layerNorm, layerNormBackward, type LayerNormClassOptions, type LayerNormOptions, type ParameterLayout } from "./layers/layer-norm.ts";
export { WEIGHT_STANDARDIZATION_FORMS, type WeightLayout, type WeightStandardizationOptions } from "./layers/weight-form.ts";
export {
  WeightStandardization,
  weightStandardization,
  weightStandardizationBackward,
  type WeightBackwardOptions,
  type WeightForwardOptions,
  type WeightForwardResult,
  type WeightGradients,
  type WeightListBackwardOptions,
  type WeightStandardizationClassOptions,
} from "./layers/weight-standardization.ts";
export type { WeightListForwardOptions, WeightListOptions } from "./layers/weight-lists.ts";
export { RMSNorm, rmsNorm, rmsNormBackward, type RMSNormClassOptions, type RMSNormOptions } from "./layers/rms-norm.ts";
export { GroupNorm, groupNorm, groupNormBackward, type GroupNormClassOptions, type GroupNormOptions } from "./layers/group-norm.ts";
export type { PackBackwardOptions, PackForwardOptions, PackOut } from "./layers/packed.ts";
export {
  PackedStandardizationSaved,
  weightStandardizationAll,
  weightStandardizationAllBackward,
  type PackedStandardizationGradients,
  type PackedStandardizationResult,
} from "./layers/weight-standardization-all.ts";
export {
  PackedWeightNormSaved,
  weightNormAll,
  weightNormAllBackward,
  type PackedWeightNormGradients,
  type PackedWeightNormResult,
  type WeightNormAllOptions,
} from "./layers/weight-norm-all.ts";
export {
  BatchMoments,
  batchNormApply,
  batchNormMoments,
  mergeMoments,
  type BatchNormApplyOptions,
  type BatchNormMomentsOptions,
  type ChannelPlace,
  type MergeMomentsOptions,
} from "./layers/synchronized-batch-norm.ts";
export { EstimatedBatchNorm, type EstimatedBatchNormOptions } from "./layers/estimated-batch-norm.ts";
export {
  BatchGradients,
  batchNormBackwardApply,
  batchNormBackwardMoments,
  mergeBackwardMoments,
  type BatchNormBackwardApplyOptions,
  type BatchNormBackwardMoments,
  type BatchNormBackwardMomentsOptions,
} from "./layers/synchronized-batch-norm-backward.ts";
export { InstanceNorm, instanceNorm, instanceNormBackward, type InstanceNormClassOptions, type InstanceNormOptions } from "./layers/instance-norm.ts";
export { PNormSaved } from "./layers/p-norm.ts";
export {
  WeightNorm,
  weightNorm,
  weightNormBackward,
  type WeightNormBackwardOptions,
  type WeightNormClassOptions,
  type WeightNormGradients,
  type WeightNormOptions,
  type WeightNormResult,
} from "./layers/weight-norm.ts";
export { LpNorm, lpNorm, lpNormBackward, type LpNormBackwardOptions, type LpNormGradients, type LpNormMeaning, type LpNormResult } from "./layers/lp-norm.ts";
export {
  LocalResponseNorm,
  localResponseNorm,
  localResponseNormBackward,
  LocalResponseSaved,
  type LocalResponseBackwardOptions,
  type LocalResponseForwardOptions,
  type LocalResponseGradients,
  type LocalResponseNormMeaning,
  type LocalResponseResult,
} from "./layers/local-response-norm.ts";
export { MeanVarianceNorm, meanVarianceNorm, meanVarianceNormBackward, type MeanVarianceNormOptions } from "./layers/mean-variance-norm.ts";
export { readSafetensors, writeSafetensors, type Named, type Safetensors } from "./core/safetensors.ts";
export { toFloat32, type GivenTensor, type StoredData, type StoredDtype, type StoredTensor } from "./core/stored-tensor.ts";
export type { LoadOptions, LoadResult, StateDict } from "./layers/state.ts";
export { presets } from "./layers/presets.ts";
export {
  BatchChannelNorm,
  type BatchChannelSaved,
  type BatchChannelBackwardOptions,
  type BatchChannelBackwardResult,
  type BatchChannelForwardOptions,
  type BatchChannelForwardResult,
  type BatchChannelNormOptions,
} from "./layers/batch-channel-norm.ts";
export { ChannelNorm, type ChannelNormOptions } from "./layers/channel-norm.ts";
