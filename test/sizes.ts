// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 83100;

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
  LayerNorm: 53000,
  RMSNorm: 53100,
  BatchNorm: 53800,
  GroupNorm: 53000,
  InstanceNorm: 53900,
  WeightNorm: 25300,
  WeightStandardization: 56400,
  BatchChannelNorm: 55800,
  EstimatedBatchNorm: 53800,
  LocalResponseNorm: 18700,
  LpNorm: 24900,
  MeanVarianceNorm: 53100,
  layerNorm: 34600,
  layerNormBackward: 37400,
  rmsNorm: 34600,
  groupNorm: 34600,
  instanceNorm: 35200,
  batchNorm: 35100,
  weightNorm: 23100,
  weightStandardization: 35200,
  weightStandardizationAll: 18000,
  weightNormAll: 17800,
  localResponseNorm: 17200,
  lpNorm: 23200,
};
