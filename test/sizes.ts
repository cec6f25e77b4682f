// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 79600;

export const LAYERS = [
  "LayerNorm",
  "RMSNorm",
  "BatchNorm",
  "GroupNorm",
  "InstanceNorm",
  "WeightNorm",
  "WeightStandardization",
  "BatchChannelNorm",
  "EstimatedBatchNorm",
  "LocalResponseNorm",
  "LpNorm",
  "MeanVarianceNorm",
] as const;

export const FUNCTIONS = [
  "layerNorm",
  "layerNormBackward",
  "rmsNorm",
  "groupNorm",
  "instanceNorm",
  "batchNorm",
  "weightNorm",
  "weightStandardization",
  "weightStandardizationAll",
  "weightNormAll",
  "localResponseNorm",
  "lpNorm",
] as const;

/** By what is imported beside Gpu. */
export const SIZES: Readonly<Record<(typeof LAYERS | typeof FUNCTIONS)[number], number>> = {
  LayerNorm: 52300,
  RMSNorm: 52300,
  BatchNorm: 53000,
  GroupNorm: 52300,
  InstanceNorm: 53200,
  WeightNorm: 24700,
  WeightStandardization: 55400,
  BatchChannelNorm: 55000,
  EstimatedBatchNorm: 53000,
  LocalResponseNorm: 18400,
  LpNorm: 24300,
  MeanVarianceNorm: 52400,
  layerNorm: 34600,
  layerNormBackward: 36400,
  rmsNorm: 34600,
  groupNorm: 34600,
  instanceNorm: 35200,
  batchNorm: 35000,
  weightNorm: 22500,
  weightStandardization: 35200,
  weightStandardizationAll: 17600,
  weightNormAll: 17300,
  localResponseNorm: 16800,
  lpNorm: 22500,
};
