// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 80600;
export const GPU = 13600;

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
  LayerNorm: 48750,
  RMSNorm: 48750,
  BatchNorm: 44400,
  GroupNorm: 51300,
  InstanceNorm: 53000,
  WeightNorm: 24200,
  WeightStandardization: 55200,
  BatchChannelNorm: 54100,
  EstimatedBatchNorm: 44400,
  LocalResponseNorm: 18000,
  LpNorm: 23800,
  MeanVarianceNorm: 51800,
  layerNorm: 33000,
  layerNormBackward: 34800,
  rmsNorm: 33000,
  groupNorm: 33700,
  instanceNorm: 35200,
  batchNorm: 31800,
  weightNorm: 21900,
  weightStandardization: 34650,
  weightStandardizationAll: 17800,
  weightNormAll: 17600,
  localResponseNorm: 16400,
  lpNorm: 22000,
};
