// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 83250;
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
  LayerNorm: 48950,
  RMSNorm: 49000,
  BatchNorm: 48550,
  GroupNorm: 53750,
  InstanceNorm: 55550,
  WeightNorm: 24200,
  WeightStandardization: 57800,
  BatchChannelNorm: 56550,
  EstimatedBatchNorm: 48450,
  LocalResponseNorm: 18000,
  LpNorm: 23900,
  MeanVarianceNorm: 54300,
  layerNorm: 33100,
  layerNormBackward: 34900,
  rmsNorm: 33100,
  groupNorm: 33750,
  instanceNorm: 35200,
  batchNorm: 31900,
  weightNorm: 22000,
  weightStandardization: 34750,
  weightStandardizationAll: 17800,
  weightNormAll: 17600,
  localResponseNorm: 16500,
  lpNorm: 22100,
};
