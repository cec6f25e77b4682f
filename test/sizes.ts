// Bytes, minified and gzipped, that no change may pass: what was measured, and at most a hundredth of room for what a compressor makes of a moved line.
// The targets are 32 768 for the whole library and 12 288 for Gpu and one layer: docs/decisions.md says what stands between.

export const WHOLE = 80800;

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
  LayerNorm: 48800,
  RMSNorm: 48800,
  BatchNorm: 44300,
  GroupNorm: 51300,
  InstanceNorm: 53100,
  WeightNorm: 24100,
  WeightStandardization: 55400,
  BatchChannelNorm: 54200,
  EstimatedBatchNorm: 44300,
  LocalResponseNorm: 17900,
  LpNorm: 23800,
  MeanVarianceNorm: 51800,
  layerNorm: 32600,
  layerNormBackward: 34500,
  rmsNorm: 32600,
  groupNorm: 33500,
  instanceNorm: 35000,
  batchNorm: 31600,
  weightNorm: 21900,
  weightStandardization: 34500,
  weightStandardizationAll: 17600,
  weightNormAll: 17400,
  localResponseNorm: 16300,
  lpNorm: 22000,
};
