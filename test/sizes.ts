// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 80400;

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
  LayerNorm: 53100,
  RMSNorm: 53100,
  BatchNorm: 53800,
  GroupNorm: 53100,
  InstanceNorm: 54000,
  WeightNorm: 24700,
  WeightStandardization: 56200,
  BatchChannelNorm: 55800,
  EstimatedBatchNorm: 53800,
  LocalResponseNorm: 18400,
  LpNorm: 24300,
  MeanVarianceNorm: 53200,
  layerNorm: 35400,
  layerNormBackward: 36400,
  rmsNorm: 35400,
  groupNorm: 35400,
  instanceNorm: 36000,
  batchNorm: 35800,
  weightNorm: 22500,
  weightStandardization: 36000,
  weightStandardizationAll: 17600,
  weightNormAll: 17400,
  localResponseNorm: 16900,
  lpNorm: 22600,
};
